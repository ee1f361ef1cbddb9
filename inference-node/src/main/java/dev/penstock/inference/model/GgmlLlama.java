package dev.penstock.inference.model;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.penstock.inference.ggml.Backend;
import dev.penstock.inference.parallel.RankGroup;
import dev.penstock.inference.shard.ModelShape;
import dev.penstock.inference.shard.ShardPlan;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Llama on ggml. A step is cut into stages where ranks have to add up their results: half a layer each. Rank 0 adds the residual before
 * the sum, so that the sum of a stage is the hidden state that enters the next, in the same memory, and nothing has to be copied. A node
 * that is alone has one stage, the whole model.
 *
 * <p>Graphs are built for a number of tokens and a stretch of the cache and are used again for every token until the stretch is full: a
 * step then costs a few stores of pointers besides the computation. The cache and all inputs and outputs lie in one mapping of this class.
 */
public final class GgmlLlama implements LanguageModel {
    /** The stretch of the cache that attention looks at grows by this many positions. */
    private static final int STRETCH = 256;
    /** ggml wants masks in multiples of so many rows (GGML_KQ_MASK_PAD). */
    private static final int MASK_ROWS = 64;
    /** Graphs kept: those for single tokens and for full batches, of this stretch and of the one before. */
    private static final int GRAPHS = 4;

    private static final short MINUS_INFINITY = Float.floatToFloat16(Float.NEGATIVE_INFINITY);

    private final ShardPlan plan;
    private final ModelShape shape;
    private final RankGroup group;
    private final Readiness readiness;
    private final int context;
    private final int batch;
    private final Arena arena = Arena.ofShared();
    private final Backend backend;
    private final LlamaTensors tensors;
    private final LlamaStages stages;
    private final MemorySegment hidden;
    private final MemorySegment tokenInput;
    private final MemorySegment positionInput;
    private final MemorySegment mask;
    private final MemorySegment logits;
    private final long cacheBytes;
    private final long weightBytes;
    private final Map<Integer, LlamaStages.Step> steps = new LinkedHashMap<>(8, 0.75f, true);

    /**
     * A model over memory that is filled, or is being filled.
     *
     * @param weights laid out as the plan says; must outlive the model
     * @param group whose rank and size are the plan's
     */
    public GgmlLlama(
            ShardPlan plan, MemorySegment weights, Readiness readiness, RankGroup group, ModelOptions options) {
        this.plan = plan;
        this.shape = plan.shape();
        this.group = group;
        this.readiness = readiness;
        this.context = Math.min(options.context(), shape.context());
        this.batch = Math.min(options.batch(), context);
        this.backend = new Backend(options.threads());
        int padded = (context + STRETCH - 1) / STRETCH * STRETCH;
        long kvRow = (long) shape.kvWidth() / plan.size() * Short.BYTES;
        var layout = new Layout();
        long cacheAt = layout.take(2 * kvRow * padded * shape.layers());
        long hiddenAt = layout.take(4L * shape.embedding() * batch);
        long tokensAt = layout.take(4L * batch);
        long positionsAt = layout.take(4L * batch);
        long maskAt = layout.take(2L * padded * ((batch + MASK_ROWS - 1L) / MASK_ROWS * MASK_ROWS));
        long logitsAt = layout.take(4L * shape.vocabulary());
        MemorySegment region = Regions.map(layout.end, arena);
        this.cacheBytes = 2 * kvRow * padded * shape.layers();
        this.weightBytes = plan.bytes();
        this.hidden = region.asSlice(hiddenAt, 4L * shape.embedding() * batch);
        this.tokenInput = region.asSlice(tokensAt, 4L * batch);
        this.positionInput = region.asSlice(positionsAt, 4L * batch);
        this.mask = region.asSlice(maskAt, logitsAt - maskAt);
        this.logits = region.asSlice(logitsAt, 4L * shape.vocabulary());
        Backend.Buffer activations = backend.wrap(region, false);
        this.tensors = new LlamaTensors(
                plan,
                backend.wrap(weights.asSlice(0, pages(plan.bytes(), weights)), true),
                activations,
                cacheAt,
                padded);
        this.stages = new LlamaStages(
                plan,
                backend,
                tensors,
                activations,
                new LlamaStages.Places(hiddenAt, tokensAt, positionsAt, maskAt, logitsAt));
    }

    private static long pages(long bytes, MemorySegment weights) {
        return Math.min(weights.byteSize(), (bytes + Regions.PAGE - 1) & -Regions.PAGE);
    }

    @Override
    public int vocabulary() {
        return shape.vocabulary();
    }

    @Override
    public int context() {
        return context;
    }

    @Override
    public int batch() {
        return batch;
    }

    @Override
    public MemorySegment step(int[] tokens, int from, int count, int position) throws IOException {
        if (count < 1 || count > batch || position < 0 || position > context - count) {
            throw new IllegalArgumentException(count + " tokens at " + position);
        }
        int stretch = (position + count + STRETCH - 1) / STRETCH * STRETCH;
        fillInputs(tokens, from, count, position, stretch);
        LlamaStages.Step step = stepFor(count, stretch);
        int done = 0;
        for (LlamaStages.Stage stage : step.stages()) {
            for (; done <= stage.lastGroup(); done++) {
                readiness.await(done);
            }
            stage.moveTo(position);
            stage.graph().compute();
            if (stage.partial() && group.size() > 1) {
                group.allReduce(hidden, shape.embedding() * count);
            }
        }
        if (plan.outputRows() < shape.vocabulary()) {
            group.allGather(logits, plan.outputRows());
        }
        return logits;
    }

    private void fillInputs(int[] tokens, int from, int count, int position, int stretch) {
        for (int i = 0; i < count; i++) {
            int token = tokens[from + i];
            if (token < 0 || token >= shape.vocabulary()) {
                throw new IllegalArgumentException("token " + token);
            }
            tokenInput.setAtIndex(JAVA_INT, i, token);
            positionInput.setAtIndex(JAVA_INT, i, position + i);
            long row = (long) i * stretch;
            int visible = position + i + 1;
            mask.asSlice(2 * row, 2L * visible).fill((byte) 0);
            for (long j = row + visible; j < row + stretch; j++) {
                mask.setAtIndex(JAVA_SHORT, j, MINUS_INFINITY);
            }
        }
    }

    private LlamaStages.Step stepFor(int count, int stretch) {
        boolean whole = group.size() == 1 && readiness.complete();
        int key = (stretch / STRETCH * (batch + 1) + count) * 2 + (whole ? 1 : 0);
        LlamaStages.Step known = steps.get(key);
        if (known != null && known.usable()) {
            return known;
        }
        if (known != null) {
            steps.remove(key);
            known.close();
        }
        while (steps.size() >= GRAPHS) {
            var oldest = steps.entrySet().iterator();
            oldest.next().getValue().close();
            oldest.remove();
        }
        LlamaStages.Step built = stages.build(count, stretch, whole);
        steps.put(key, built);
        return built;
    }

    @Override
    public Memory memory() {
        return new Memory(weightBytes, cacheBytes, backend.workspaceBytes() + hidden.byteSize() + logits.byteSize());
    }

    @Override
    public void close() {
        steps.values().forEach(LlamaStages.Step::close);
        steps.clear();
        tensors.close();
        backend.close();
        arena.close();
    }

    /** Adds up offsets in one mapping. */
    private static final class Layout {
        long end;

        long take(long bytes) {
            long at = end;
            end = (Math.addExact(end, bytes) + Regions.PAGE - 1) & -Regions.PAGE;
            return at;
        }
    }
}
