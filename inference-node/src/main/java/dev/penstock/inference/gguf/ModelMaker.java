package dev.penstock.inference.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Makes Llama-shaped GGUF files with random weights, for tests, benchmarks and demonstrations. Every row has a random sequence of its own,
 * so that the same specification makes the same bytes on any machine and with any number of threads.
 */
public final class ModelMaker {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    /** Half the width of a uniform distribution with a standard deviation of one. */
    private static final float UNIFORM = 1.7320508f;

    private final ModelSpec spec;

    private ModelMaker(ModelSpec spec) {
        this.spec = spec;
    }

    /**
     * Writes the file; all processors take part. Uses a few MiB of memory whatever the size of the model.
     *
     * @param progress told the bytes of tensors written so far; {@link #dataBytes} is the end
     */
    public static void make(Path file, ModelSpec spec, LongConsumer progress) throws IOException {
        var maker = new ModelMaker(spec);
        maker.declare().write(file, maker::fill, progress);
    }

    /** Bytes of tensors that a model will have. */
    public static long dataBytes(ModelSpec spec) {
        return new ModelMaker(spec).declare().dataBytes();
    }

    private GgufWriter declare() {
        var out = new GgufWriter();
        out.text("general.architecture", "llama").text("general.name", "penstock made model");
        out.u32("general.file_type", fileType()).u32("general.quantization_version", 2);
        out.u32("llama.context_length", spec.contextLength()).u32("llama.embedding_length", spec.embedding());
        out.u32("llama.block_count", spec.layers()).u32("llama.feed_forward_length", spec.feedForward());
        out.u32("llama.attention.head_count", spec.heads()).u32("llama.attention.head_count_kv", spec.kvHeads());
        out.f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        out.u32("llama.rope.dimension_count", spec.embedding() / spec.heads()).f32("llama.rope.freq_base", 500_000f);
        out.u32("llama.vocab_size", spec.vocabulary());
        new MadeVocabulary(spec).describe(spec.tokenizer(), out);
        declareTensors(out);
        return out;
    }

    private void declareTensors(GgufWriter out) {
        int d = spec.embedding();
        int headWidth = d / spec.heads();
        TensorType type = spec.type();
        out.matrix("token_embd.weight", type, d, spec.vocabulary());
        if (spec.ropeFactors()) {
            out.vector("rope_freqs.weight", TensorType.F32, headWidth / 2);
        }
        for (int layer = 0; layer < spec.layers(); layer++) {
            String p = "blk." + layer + ".";
            out.vector(p + "attn_norm.weight", TensorType.F32, d);
            out.matrix(p + "attn_q.weight", type, d, d);
            out.matrix(p + "attn_k.weight", type, d, (long) spec.kvHeads() * headWidth);
            out.matrix(p + "attn_v.weight", type, d, (long) spec.kvHeads() * headWidth);
            out.matrix(p + "attn_output.weight", type, d, d);
            out.vector(p + "ffn_norm.weight", TensorType.F32, d);
            out.matrix(p + "ffn_gate.weight", type, d, spec.feedForward());
            out.matrix(p + "ffn_up.weight", type, d, spec.feedForward());
            out.matrix(p + "ffn_down.weight", type, spec.feedForward(), d);
        }
        out.vector("output_norm.weight", TensorType.F32, d);
        if (!spec.tied()) {
            out.matrix("output.weight", type, d, spec.vocabulary());
        }
    }

    private void fill(TensorInfo tensor, long firstRow, MemorySegment rows) {
        long rowBytes = tensor.rowBytes();
        int count = Math.toIntExact(rows.byteSize() / rowBytes);
        int width = Math.toIntExact(tensor.ne0());
        float center = center(tensor);
        float spread = spread(tensor) * UNIFORM;
        long sequence = mix(spec.seed() ^ (long) tensor.name().hashCode() * GOLDEN);
        IntStream.range(0, count).parallel().forEach(i -> {
            var row = new float[width];
            random(row, mix(sequence + (firstRow + i) * GOLDEN), center, spread);
            Blocks.encode(tensor.type(), row, width, rows, i * rowBytes);
        });
    }

    private static float center(TensorInfo tensor) {
        return tensor.dimensions() == 1 ? 1 : 0;
    }

    /** Standard deviations that keep the hidden state in range whatever the shape, with logits that are well apart. */
    private static float spread(TensorInfo tensor) {
        String name = tensor.name();
        if (tensor.dimensions() == 1) {
            return 0.05f;
        }
        if (name.equals("token_embd.weight")) {
            return 1;
        }
        float gain =
                name.equals("output.weight") ? 3 : name.endsWith("output.weight") || name.contains("down") ? 0.5f : 1;
        return gain / (float) Math.sqrt((double) tensor.ne0());
    }

    private static void random(float[] row, long start, float center, float spread) {
        long state = start;
        for (int i = 0; i < row.length; i++) {
            state += GOLDEN;
            row[i] = center + spread * ((mix(state) >> 40) * 0x1p-23f);
        }
    }

    /** The finalizer of SplittableRandom. */
    private static long mix(long z) {
        long a = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
        return b ^ b >>> 31;
    }

    private int fileType() {
        return switch (spec.type()) {
            case F32 -> 0;
            case F16 -> 1;
            case Q4_0 -> 2;
            case Q8_0 -> 7;
            case BF16 -> 32;
            default -> throw new IllegalArgumentException("no file type for " + spec.type());
        };
    }
}
