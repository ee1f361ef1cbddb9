package dev.penstock.inference.model;

import dev.penstock.inference.gguf.Blocks;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.parallel.RankGroup;
import dev.penstock.inference.shard.ModelShape;
import dev.penstock.inference.shard.Shard;
import dev.penstock.inference.shard.ShardPlan;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Llama in plain Java, token by token: what the tests hold ggml against, and what serves small models where no ggml can be loaded. It reads
 * the same shards and takes the same part in a group. Weights of F32, F16, BF16, Q8_0 and Q4_0.
 */
public final class PlainLlama implements LanguageModel {
    private static final int BLOCK = 32;
    /** Rows below which a product is not worth spreading over processors. */
    private static final int SERIAL_ROWS = 64;

    private final ShardPlan plan;
    private final ModelShape shape;
    private final MemorySegment weights;
    private final Readiness readiness;
    private final RankGroup group;
    private final Arithmetic arithmetic;
    private final int context;
    private final int batch;
    private final Map<String, Shard> shards = new HashMap<>();
    private final float[][] keys;
    private final float[][] values;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment hidden;
    private final MemorySegment logits;
    private final float @Nullable [] ropeFactors;

    /**
     * A model over memory that is filled, or is being filled.
     *
     * @throws IllegalArgumentException where the weights are of a type that plain Java does not read
     */
    public PlainLlama(
            ShardPlan plan,
            MemorySegment weights,
            Readiness readiness,
            RankGroup group,
            ModelOptions options,
            Arithmetic arithmetic) {
        this.plan = plan;
        this.shape = plan.shape();
        this.weights = weights;
        this.readiness = readiness;
        this.group = group;
        this.arithmetic = arithmetic;
        this.context = Math.min(options.context(), shape.context());
        this.batch = Math.min(options.batch(), context);
        for (ShardPlan.Group part : plan.groups()) {
            for (Shard shard : part.shards()) {
                if (!Blocks.supports(shard.type())) {
                    throw new IllegalArgumentException(
                            shard.name() + " is of " + shard.type() + ", which needs the ggml library");
                }
                shards.put(shard.name(), shard);
            }
        }
        this.keys = new float[shape.layers()][];
        this.values = new float[shape.layers()][];
        this.hidden = arena.allocate(4L * shape.embedding(), 64);
        this.logits = arena.allocate(4L * shape.vocabulary(), 64);
        this.ropeFactors = shards.containsKey("rope_freqs.weight") ? new float[shape.headWidth() / 2] : null;
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
        for (int i = 0; i < count; i++) {
            float[] x = layers(tokens[from + i], position + i);
            if (i == count - 1) {
                head(x);
            }
        }
        return logits;
    }

    private float[] layers(int token, int position) throws IOException {
        readiness.await(0);
        var x = new float[shape.embedding()];
        row(shard("token_embd.weight"), token, x);
        if (ropeFactors != null) {
            row(shard("rope_freqs.weight"), 0, ropeFactors);
        }
        for (int layer = 0; layer < shape.layers(); layer++) {
            readiness.await(layer + 1);
            x = summed(x, attention(layer, position, x));
            x = summed(x, feedForward(layer, x));
        }
        return x;
    }

    /** The residual and all ranks' parts, added up. */
    private float[] summed(float[] x, float[] part) throws IOException {
        var sum = part.clone();
        if (plan.rank() == 0) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += x[i];
            }
        }
        if (group.size() > 1) {
            MemorySegment.copy(sum, 0, hidden, ValueLayout.JAVA_FLOAT, 0, sum.length);
            group.allReduce(hidden, sum.length);
            MemorySegment.copy(hidden, ValueLayout.JAVA_FLOAT, 0, sum, 0, sum.length);
        }
        return sum;
    }

    private void head(float[] x) throws IOException {
        readiness.await(plan.groups().size() - 1);
        float[] normed = norm(x, "output_norm.weight");
        int rows = plan.outputRows();
        boolean part = rows < shape.vocabulary();
        int skip = part ? plan.rank() * rows : 0;
        Shard matrix = shard(shape.tied() ? "token_embd.weight" : "output.weight");
        float[] own = product(matrix, shape.tied() ? skip : 0, rows, normed);
        MemorySegment.copy(own, 0, logits, ValueLayout.JAVA_FLOAT, 4L * skip, rows);
        if (part) {
            group.allGather(logits, rows);
        }
    }

    private float[] attention(int layer, int position, float[] x) {
        String p = "blk." + layer + ".";
        int width = shape.headWidth();
        int heads = shape.heads() / plan.size();
        int kvHeads = shape.kvHeads() / plan.size();
        int kvWidth = kvHeads * width;
        float[] normed = norm(x, p + "attn_norm.weight");
        float[] q = product(p + "attn_q.weight", normed);
        float[] k = product(p + "attn_k.weight", normed);
        float[] v = product(p + "attn_v.weight", normed);
        rope(q, heads, position);
        rope(k, kvHeads, position);
        keys[layer] = withRoom(keys[layer], (position + 1) * kvWidth);
        values[layer] = withRoom(values[layer], (position + 1) * kvWidth);
        for (int i = 0; i < kvWidth; i++) {
            keys[layer][position * kvWidth + i] = throughHalf(k[i]);
            values[layer][position * kvWidth + i] = throughHalf(v[i]);
        }
        var out = new float[heads * width];
        for (int h = 0; h < heads; h++) {
            int kvAt = h / (heads / kvHeads) * width;
            attend(q, out, h * width, keys[layer], values[layer], kvAt, kvWidth, position + 1);
        }
        return product(p + "attn_output.weight", out);
    }

    private void attend(float[] q, float[] out, int at, float[] k, float[] v, int kvAt, int kvWidth, int positions) {
        int width = shape.headWidth();
        var scores = new double[positions];
        double largest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < positions; j++) {
            double score = 0;
            for (int i = 0; i < width; i++) {
                score += (double) q[at + i] * k[j * kvWidth + kvAt + i];
            }
            scores[j] = score / Math.sqrt(width);
            largest = Math.max(largest, scores[j]);
        }
        double sum = 0;
        for (int j = 0; j < positions; j++) {
            scores[j] = Math.exp(scores[j] - largest);
            sum += scores[j];
        }
        for (int i = 0; i < width; i++) {
            double weighted = 0;
            for (int j = 0; j < positions; j++) {
                weighted += scores[j] * v[j * kvWidth + kvAt + i];
            }
            out[at + i] = (float) (weighted / sum);
        }
    }

    private float[] feedForward(int layer, float[] x) {
        String p = "blk." + layer + ".";
        float[] normed = norm(x, p + "ffn_norm.weight");
        float[] gate = product(p + "ffn_gate.weight", normed);
        float[] up = product(p + "ffn_up.weight", normed);
        for (int i = 0; i < gate.length; i++) {
            gate[i] = gate[i] / (1 + (float) Math.exp(-gate[i])) * up[i];
        }
        return product(p + "ffn_down.weight", gate);
    }

    private float[] norm(float[] x, String weight) {
        double squares = 0;
        for (float value : x) {
            squares += (double) value * value;
        }
        float scale = (float) (1 / Math.sqrt(squares / x.length + shape.epsilon()));
        var normed = new float[x.length];
        row(shard(weight), 0, normed);
        for (int i = 0; i < x.length; i++) {
            normed[i] *= x[i] * scale;
        }
        return normed;
    }

    private void rope(float[] x, int heads, int position) {
        int width = shape.headWidth();
        for (int i = 0; i < width; i += 2) {
            double frequency = Math.pow(shape.ropeBase(), -(double) i / width);
            double factor = ropeFactors == null ? 1 : ropeFactors[i / 2];
            double angle = position * frequency / factor * shape.ropeScale();
            float cos = (float) Math.cos(angle);
            float sin = (float) Math.sin(angle);
            for (int at = i; at < heads * width; at += width) {
                float a = x[at];
                float b = x[at + 1];
                x[at] = a * cos - b * sin;
                x[at + 1] = a * sin + b * cos;
            }
        }
    }

    private float[] product(String name, float[] x) {
        Shard matrix = shard(name);
        return product(matrix, 0, (int) matrix.rows(), x);
    }

    private float[] product(Shard matrix, int firstRow, int rows, float[] x) {
        float[] rounded = arithmetic == Arithmetic.EXACT ? x : rounded(matrix.type(), x);
        var y = new float[rows];
        IntStream all = IntStream.range(0, rows);
        (rows < SERIAL_ROWS ? all : all.parallel()).forEach(r -> {
            var row = new float[x.length];
            row(matrix, firstRow + r, row);
            y[r] = (float) dot(row, rounded);
        });
        return y;
    }

    private static double dot(float[] a, float[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < a.length; i += 4) {
            s0 += (double) a[i] * b[i];
            s1 += (double) a[i + 1] * b[i + 1];
            s2 += (double) a[i + 2] * b[i + 2];
            s3 += (double) a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += (double) a[i] * b[i];
        }
        return s0 + s1 + (s2 + s3);
    }

    private static float[] rounded(TensorType weights, float[] x) {
        var y = x.clone();
        switch (weights) {
            case F16 -> {
                for (int i = 0; i < y.length; i++) {
                    y[i] = throughHalf(y[i]);
                }
            }
            case Q8_0, Q4_0 -> {
                for (int block = 0; block < y.length; block += BLOCK) {
                    throughQ8(y, block);
                }
            }
            default -> {
                // F32 meets F32; BF16 is rounded by some processors only.
            }
        }
        return y;
    }

    private static void throughQ8(float[] y, int from) {
        float largest = 0;
        for (int i = from; i < from + BLOCK; i++) {
            largest = Math.max(largest, Math.abs(y[i]));
        }
        float inverse = largest == 0 ? 0 : 127 / largest;
        float scale = throughHalf(largest / 127);
        for (int i = from; i < from + BLOCK; i++) {
            y[i] = scale * (float) Math.rint(y[i] * inverse);
        }
    }

    private static float throughHalf(float x) {
        return Float.float16ToFloat(Float.floatToFloat16(x));
    }

    private void row(Shard shard, long row, float[] into) {
        long at = shard.memoryOffset() + row * shard.type().bytes(shard.columns());
        Blocks.decode(shard.type(), weights, at, into, into.length);
    }

    private Shard shard(String name) {
        Shard shard = shards.get(name);
        if (shard == null) {
            throw new IllegalStateException("the plan has no " + name);
        }
        return shard;
    }

    private static float[] withRoom(float @Nullable [] old, int elements) {
        if (old == null) {
            return new float[Math.max(elements, 1024)];
        }
        return old.length >= elements ? old : java.util.Arrays.copyOf(old, Math.max(elements, old.length * 2));
    }

    @Override
    public Memory memory() {
        long cache = (long) shape.layers() * context * shape.kvWidth() / plan.size() * 2 * Float.BYTES;
        return new Memory(plan.bytes(), cache, hidden.byteSize() + logits.byteSize());
    }

    @Override
    public void close() {
        arena.close();
    }
}
