package dev.penstock.inference.model;

import dev.penstock.inference.ggml.Backend;
import dev.penstock.inference.ggml.Graph;
import dev.penstock.inference.ggml.Tensor;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.model.LlamaTensors.Cache;
import dev.penstock.inference.shard.ModelShape;
import dev.penstock.inference.shard.ShardPlan;
import java.util.ArrayList;
import java.util.List;

/** Builds the graphs of {@link GgmlLlama}. Belongs to its thread. */
final class LlamaStages {
    /** Operations, views and inputs of one whole layer, generously. */
    private static final int NODES_PER_LAYER = 48;

    private static final int NODES_BESIDE = 32;

    private static final int MASK_ROWS = 64;

    /**
     * Where inputs and outputs lie in the buffer of activations, in bytes.
     *
     * @param hidden state between stages
     * @param tokens numbers of the tokens
     * @param positions numbers of their positions
     * @param mask which positions each token sees
     * @param logits of all ranks
     */
    record Places(long hidden, long tokens, long positions, long mask, long logits) {}

    /** A place in the cache that depends on the position of the step. */
    private record Slot(Graph.Movable tensor, Cache cache) {}

    /**
     * One graph, after which ranks may have to add up.
     *
     * @param partial whether the hidden state it leaves is this rank's part of a sum
     * @param lastGroup last group of the plan whose weights it reads
     */
    record Stage(Graph graph, List<Slot> slots, boolean partial, int lastGroup) {
        void moveTo(int position) {
            for (Slot slot : slots) {
                slot.tensor()
                        .moveTo(slot.cache()
                                .memory()
                                .asSlice(position * slot.cache().rowBytes()));
            }
        }
    }

    /** All stages of a step. */
    record Step(List<Stage> stages) implements AutoCloseable {
        boolean usable() {
            return stages.stream().allMatch(s -> s.graph().usable());
        }

        @Override
        public void close() {
            stages.forEach(s -> s.graph().close());
        }
    }

    private final ShardPlan plan;
    private final ModelShape shape;
    private final Backend backend;
    private final LlamaTensors tensors;
    private final Backend.Buffer activations;
    private final Places places;

    LlamaStages(ShardPlan plan, Backend backend, LlamaTensors tensors, Backend.Buffer activations, Places places) {
        this.plan = plan;
        this.shape = plan.shape();
        this.backend = backend;
        this.tensors = tensors;
        this.activations = activations;
        this.places = places;
    }

    /**
     * Builds and allocates a step.
     *
     * @param count tokens
     * @param stretch positions of the cache that attention looks at
     * @param whole in one stage
     */
    Step build(int count, int stretch, boolean whole) {
        while (true) {
            var step = new Step(whole ? List.of(whole(count, stretch)) : halves(count, stretch));
            for (Stage stage : step.stages()) {
                stage.graph().allocate();
            }
            if (step.usable()) {
                return step;
            }
            // A later stage needed more room than an earlier one, and moved it. The second time there is enough.
            step.close();
        }
    }

    private Stage whole(int count, int stretch) {
        var building = new Building(shape.layers() * NODES_PER_LAYER + NODES_BESIDE, count, stretch);
        Tensor x = building.embeddings();
        for (int layer = 0; layer < shape.layers(); layer++) {
            x = building.graph.sum(x, building.attention(layer, x));
            x = building.graph.sum(x, building.feedForward(layer, x));
        }
        building.head(x);
        return new Stage(building.graph, building.slots, false, plan.groups().size() - 1);
    }

    private List<Stage> halves(int count, int stretch) {
        var stages = new ArrayList<Stage>();
        for (int layer = 0; layer < shape.layers(); layer++) {
            var first = new Building(NODES_PER_LAYER + NODES_BESIDE, count, stretch);
            Tensor x = layer == 0 ? first.embeddings() : first.hidden();
            stages.add(first.partial(x, first.attention(layer, x), layer + 1));
            var second = new Building(NODES_PER_LAYER + NODES_BESIDE, count, stretch);
            Tensor y = second.hidden();
            stages.add(second.partial(y, second.feedForward(layer, y), layer + 1));
        }
        var last = new Building(NODES_BESIDE, count, stretch);
        last.head(last.hidden());
        stages.add(new Stage(last.graph, last.slots, false, plan.groups().size() - 1));
        return List.copyOf(stages);
    }

    /** One graph in the making. */
    private final class Building {
        final Graph graph;
        final List<Slot> slots = new ArrayList<>();
        final int count;
        final int stretch;
        private final int heads = shape.heads() / plan.size();
        private final int kvHeads = shape.kvHeads() / plan.size();

        Building(int nodes, int count, int stretch) {
            this.graph = new Graph(backend, nodes);
            this.count = count;
            this.stretch = stretch;
        }

        Tensor embeddings() {
            Tensor numbers = graph.input(activations, places.tokens(), TensorType.I32, count, 0);
            return graph.rows(tensors.weight("token_embd.weight"), numbers);
        }

        Tensor hidden() {
            return graph.input(activations, places.hidden(), TensorType.F32, shape.embedding(), count);
        }

        /** Ends the stage with the hidden state, or this rank's part of it, in its place. */
        Stage partial(Tensor x, Tensor part, int lastGroup) {
            Tensor result = plan.rank() == 0 ? graph.sum(x, part) : part;
            graph.output(result, activations, places.hidden());
            graph.add(result);
            return new Stage(graph, slots, true, lastGroup);
        }

        Tensor attention(int layer, Tensor x) {
            String p = "blk." + layer + ".";
            Tensor positions = graph.input(activations, places.positions(), TensorType.I32, count, 0);
            long maskRows = (count + MASK_ROWS - 1L) / MASK_ROWS * MASK_ROWS;
            Tensor mask = graph.input(activations, places.mask(), TensorType.F16, stretch, maskRows);
            int width = shape.headWidth();
            Tensor normed = norm(x, p + "attn_norm.weight");
            Tensor q = graph.mulMat(tensors.weight(p + "attn_q.weight"), normed);
            Tensor k = graph.mulMat(tensors.weight(p + "attn_k.weight"), normed);
            Tensor v = graph.mulMat(tensors.weight(p + "attn_v.weight"), normed);
            q = rope(graph.reshape(q, width, heads, count), positions);
            k = rope(graph.reshape(k, width, kvHeads, count), positions);
            store(k, tensors.keys(layer));
            store(v, tensors.values(layer));
            Cache keys = tensors.keys(layer);
            Cache values = tensors.values(layer);
            Tensor seenKeys = graph.heads(keys.tensor(), width, stretch, kvHeads, keys.rowBytes());
            Tensor seenValues = graph.heads(values.tensor(), width, stretch, kvHeads, values.rowBytes());
            Tensor seen =
                    graph.attention(graph.swapMiddle(q), seenKeys, seenValues, mask, (float) (1 / Math.sqrt(width)));
            Tensor merged = graph.reshape(seen, (long) width * heads, count);
            return graph.mulMat(tensors.weight(p + "attn_output.weight"), merged);
        }

        private Tensor rope(Tensor x, Tensor positions) {
            return graph.rope(
                    x, positions, tensors.ropeFactors(), shape.headWidth(), shape.ropeBase(), shape.ropeScale());
        }

        /** Adds the write to the cache before the attention that reads it; nothing but the order says that one needs the other. */
        private void store(Tensor x, Cache cache) {
            Tensor rows = graph.stretch(cache.tensor(), cache.rowBytes() / Short.BYTES * count, 0);
            Tensor written = graph.copy(x, rows);
            graph.add(written);
            slots.add(new Slot(Graph.movable(rows), cache));
            slots.add(new Slot(Graph.movable(written), cache));
        }

        Tensor feedForward(int layer, Tensor x) {
            String p = "blk." + layer + ".";
            Tensor normed = norm(x, p + "ffn_norm.weight");
            Tensor gate = graph.mulMat(tensors.weight(p + "ffn_gate.weight"), normed);
            Tensor up = graph.mulMat(tensors.weight(p + "ffn_up.weight"), normed);
            return graph.mulMat(tensors.weight(p + "ffn_down.weight"), graph.swiglu(gate, up));
        }

        void head(Tensor x) {
            long rowBytes = (long) shape.embedding() * Float.BYTES;
            Tensor last = count == 1 ? x : graph.slice(x, shape.embedding(), 1, rowBytes, rowBytes * (count - 1));
            Tensor logits = graph.mulMat(tensors.head(), norm(last, "output_norm.weight"));
            boolean part = plan.outputRows() < shape.vocabulary();
            long skip = part ? (long) plan.rank() * plan.outputRows() * Float.BYTES : 0;
            graph.output(logits, activations, places.logits() + skip);
            graph.add(logits);
        }

        private Tensor norm(Tensor x, String weight) {
            return graph.mul(graph.rmsNorm(x, shape.epsilon()), tensors.weight(weight));
        }
    }
}
