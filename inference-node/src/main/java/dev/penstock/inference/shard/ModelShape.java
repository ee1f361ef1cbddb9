package dev.penstock.inference.shard;

import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.GgufFile;
import dev.penstock.inference.gguf.Metadata;
import dev.penstock.inference.gguf.TensorInfo;

/**
 * The sizes of a Llama-shaped model, checked against its tensors.
 *
 * @param layers number of blocks
 * @param embedding width of the hidden state
 * @param heads attention heads
 * @param kvHeads heads of keys and values
 * @param headWidth elements of one head
 * @param feedForward width of the feed-forward layer
 * @param vocabulary number of tokens
 * @param context longest sequence that the model was made for, in tokens
 * @param epsilon of the norms
 * @param ropeBase base of the rotary frequencies
 * @param ropeScale factor on positions, 1 where they are not scaled
 * @param tied whether the output matrix is the embedding matrix
 */
public record ModelShape(
        int layers,
        int embedding,
        int heads,
        int kvHeads,
        int headWidth,
        int feedForward,
        int vocabulary,
        int context,
        float epsilon,
        float ropeBase,
        float ropeScale,
        boolean tied) {
    /** No public model has more layers; DeepSeek and Llama 405B have 61 and 126. */
    private static final int MAX_LAYERS = 1024;
    /** Widths beyond this are no model of today's. */
    private static final int MAX_WIDTH = 1 << 20;
    /** Ten million tokens of context is the most that was ever claimed. */
    private static final int MAX_CONTEXT = 1 << 24;

    /**
     * Reads the sizes and holds every tensor against them.
     *
     * @throws GgufException where the model is of another architecture, or something is missing or does not fit
     */
    public static ModelShape of(GgufFile file) throws GgufException {
        Metadata m = file.metadata();
        String architecture = m.text("general.architecture");
        if (!architecture.equals("llama")) {
            throw new GgufException("the model's architecture is " + architecture + "; only llama is understood");
        }
        int heads = m.whole("llama.attention.head_count", 1, MAX_WIDTH);
        int embedding = m.whole("llama.embedding_length", 1, MAX_WIDTH);
        int headWidth = m.whole("llama.attention.key_length", 1, MAX_WIDTH, Math.max(1, embedding / heads));
        var shape = new ModelShape(
                m.whole("llama.block_count", 1, MAX_LAYERS),
                embedding,
                heads,
                m.whole("llama.attention.head_count_kv", 1, MAX_WIDTH, heads),
                headWidth,
                m.whole("llama.feed_forward_length", 1, MAX_WIDTH),
                Math.toIntExact(tensor(file, "token_embd.weight").ne1()),
                m.whole("llama.context_length", 1, MAX_CONTEXT),
                m.real("llama.attention.layer_norm_rms_epsilon", 1e-5f),
                m.real("llama.rope.freq_base", 10_000f),
                ropeScale(m),
                file.tensor("output.weight") == null);
        shape.check(file);
        return shape;
    }

    /** Elements of one position's keys. */
    public int kvWidth() {
        return kvHeads * headWidth;
    }

    /** Elements of one position's queries. */
    public int queryWidth() {
        return heads * headWidth;
    }

    private static float ropeScale(Metadata m) throws GgufException {
        String type = m.text("llama.rope.scaling.type", "none");
        float factor = m.real("llama.rope.scaling.factor", m.real("llama.rope.scale_linear", 1));
        return switch (type) {
            case "none" -> 1;
            case "linear" -> factor > 0 ? 1 / factor : 1;
            default -> throw new GgufException("positions are scaled by " + type + "; only linear is understood");
        };
    }

    private void check(GgufFile file) throws GgufException {
        if (heads % kvHeads != 0 || headWidth % 2 != 0) {
            throw new GgufException(
                    heads + " heads of " + headWidth + " elements do not go with " + kvHeads + " of keys and values");
        }
        Metadata m = file.metadata();
        if (m.whole("llama.rope.dimension_count", 1, MAX_WIDTH, headWidth) != headWidth
                || m.whole("llama.attention.value_length", 1, MAX_WIDTH, headWidth) != headWidth
                || m.whole("llama.expert_count", 0, MAX_WIDTH, 0) != 0) {
            throw new GgufException(
                    "partial rotation, values of another width than keys, and experts are not understood yet");
        }
        expect(file, "token_embd.weight", embedding, vocabulary);
        expect(file, "output_norm.weight", embedding, 1);
        if (!tied) {
            expect(file, "output.weight", embedding, vocabulary);
        }
        if (file.tensor("rope_freqs.weight") != null) {
            expect(file, "rope_freqs.weight", headWidth / 2, 1);
        }
        for (int layer = 0; layer < layers; layer++) {
            String p = "blk." + layer + ".";
            expect(file, p + "attn_norm.weight", embedding, 1);
            expect(file, p + "attn_q.weight", embedding, queryWidth());
            expect(file, p + "attn_k.weight", embedding, kvWidth());
            expect(file, p + "attn_v.weight", embedding, kvWidth());
            expect(file, p + "attn_output.weight", queryWidth(), embedding);
            expect(file, p + "ffn_norm.weight", embedding, 1);
            expect(file, p + "ffn_gate.weight", embedding, feedForward);
            expect(file, p + "ffn_up.weight", embedding, feedForward);
            expect(file, p + "ffn_down.weight", feedForward, embedding);
        }
    }

    private static TensorInfo tensor(GgufFile file, String name) throws GgufException {
        TensorInfo tensor = file.tensor(name);
        if (tensor == null) {
            throw new GgufException("the model has no tensor " + name);
        }
        if (tensor.ne1() > 1 << 24) {
            throw new GgufException(name + " has " + tensor.ne1() + " rows");
        }
        return tensor;
    }

    private static void expect(GgufFile file, String name, long ne0, long ne1) throws GgufException {
        TensorInfo tensor = tensor(file, name);
        if (tensor.ne0() != ne0 || tensor.ne1() != ne1 || tensor.ne2() != 1 || tensor.ne3() != 1) {
            throw new GgufException(name + " is " + tensor.shape() + ", not [" + ne0 + ", " + ne1 + "]");
        }
    }
}
