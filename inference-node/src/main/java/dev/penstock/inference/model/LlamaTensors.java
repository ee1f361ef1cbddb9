package dev.penstock.inference.model;

import dev.penstock.inference.ggml.Backend;
import dev.penstock.inference.ggml.Tensor;
import dev.penstock.inference.ggml.TensorSet;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.shard.Shard;
import dev.penstock.inference.shard.ShardPlan;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tensors that live as long as a model: its shard of the weights, and per layer the cache of keys and values, all F16. */
final class LlamaTensors implements AutoCloseable {
    /**
     * One half of a layer's cache.
     *
     * @param tensor {@code [kv width of this rank, positions]}
     * @param memory of the whole half
     * @param rowBytes of one position
     */
    record Cache(Tensor tensor, MemorySegment memory, long rowBytes) {}

    private final TensorSet set;
    private final Map<String, Tensor> weights = new HashMap<>();
    private final List<Cache> keys = new ArrayList<>();
    private final List<Cache> values = new ArrayList<>();
    private final Tensor head;

    LlamaTensors(ShardPlan plan, Backend.Buffer weightBuffer, Backend.Buffer cacheBuffer, long cacheAt, int positions) {
        int layers = plan.shape().layers();
        int count = plan.groups().stream().mapToInt(g -> g.shards().size()).sum();
        this.set = new TensorSet(count + 2 * layers + 1);
        Shard output = null;
        Shard embeddings = null;
        for (ShardPlan.Group group : plan.groups()) {
            for (Shard s : group.shards()) {
                weights.put(s.name(), set.place(weightBuffer, s.memoryOffset(), s.type(), s.columns(), s.rows()));
                output = s.name().equals("output.weight") ? s : output;
                embeddings = s.name().equals("token_embd.weight") ? s : embeddings;
            }
        }
        if (output == null
                && embeddings != null
                && plan.outputRows() < plan.shape().vocabulary()) {
            // Tied: this rank's rows of the output matrix are rows of the embeddings, which it has as a whole.
            long skip =
                    (long) plan.rank() * plan.outputRows() * embeddings.type().bytes(embeddings.columns());
            head = set.place(
                    weightBuffer,
                    embeddings.memoryOffset() + skip,
                    embeddings.type(),
                    embeddings.columns(),
                    plan.outputRows());
        } else {
            head = weight(output == null ? "token_embd.weight" : "output.weight");
        }
        long width = (long) plan.shape().kvWidth() / plan.size();
        long half = width * Short.BYTES * positions;
        for (int layer = 0; layer < layers; layer++) {
            keys.add(cache(cacheBuffer, cacheAt + 2L * layer * half, width, positions));
            values.add(cache(cacheBuffer, cacheAt + (2L * layer + 1) * half, width, positions));
        }
    }

    private Cache cache(Backend.Buffer buffer, long at, long width, int positions) {
        Tensor tensor = set.place(buffer, at, TensorType.F16, width, positions);
        long rowBytes = width * Short.BYTES;
        return new Cache(tensor, buffer.memory().asSlice(at, rowBytes * positions), rowBytes);
    }

    Tensor weight(String name) {
        Tensor tensor = weights.get(name);
        if (tensor == null) {
            throw new IllegalStateException("the plan has no " + name);
        }
        return tensor;
    }

    @Nullable
    Tensor ropeFactors() {
        return weights.get("rope_freqs.weight");
    }

    /** The rows of the output matrix that this rank has. */
    Tensor head() {
        return head;
    }

    Cache keys(int layer) {
        return keys.get(layer);
    }

    Cache values(int layer) {
        return values.get(layer);
    }

    @Override
    public void close() {
        set.close();
    }
}
