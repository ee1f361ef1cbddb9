package dev.penstock.inference.gguf;

/**
 * What model is to be made.
 *
 * @param type of the matrices: F32, F16, BF16, Q8_0 or Q4_0; norms are always F32
 * @param embedding width of the hidden state
 * @param heads attention heads; {@code embedding} is a multiple of it
 * @param kvHeads heads of keys and values; {@code heads} is a multiple of it
 * @param feedForward width of the feed-forward layers
 * @param vocabulary number of tokens, at least 320
 * @param tokenizer which kind the file describes
 * @param tied whether the output matrix is the embedding matrix
 * @param ropeFactors whether the file carries frequency factors, as Llama 3.1 does
 * @param seed equal seeds and shapes make equal files
 */
public record ModelSpec(
        TensorType type,
        int embedding,
        int layers,
        int heads,
        int kvHeads,
        int feedForward,
        int vocabulary,
        int contextLength,
        VocabularyKind tokenizer,
        boolean tied,
        boolean ropeFactors,
        long seed) {
    /** The two kinds of tokenizer that Llama models have come with. */
    public enum VocabularyKind {
        /** SentencePiece with scores and byte tokens, as Llama 2 and Mistral. */
        SPM,
        /** Byte-level pair merges, as Llama 3. */
        BPE
    }

    /** Checks the shape. */
    public ModelSpec {
        if (!Blocks.supports(type)) {
            throw new IllegalArgumentException("cannot make a model of " + type + ": F32, F16, BF16, Q8_0 or Q4_0");
        }
        if (layers < 1 || layers > 1000 || heads < 1 || kvHeads < 1 || contextLength < 1 || embedding < 32) {
            throw new IllegalArgumentException("the shape has a size that is too small, or more than 1000 layers");
        }
        if (embedding % heads != 0 || embedding / heads % 2 != 0 || heads % kvHeads != 0) {
            throw new IllegalArgumentException("embedding " + embedding + ", heads " + heads + ", kv heads " + kvHeads
                    + ": each must be a multiple of the next, and heads of even width");
        }
        if (embedding % 32 != 0 || feedForward < 32 || feedForward % 32 != 0) {
            throw new IllegalArgumentException("embedding and feed-forward width must be multiples of 32");
        }
        if (vocabulary < 320 || vocabulary > 1 << 20) {
            throw new IllegalArgumentException("a vocabulary of " + vocabulary + " tokens, not 320 to 1048576");
        }
    }

    /** A Llama-like shape by name: {@code tiny} (2 M), {@code 15m}, {@code 110m}, {@code 250m}, {@code 1b} or {@code 7b}. */
    public static ModelSpec named(String name, TensorType type, long seed) {
        return switch (name) {
            case "tiny" -> of(type, 256, 4, 8, 4, 512, 512, seed);
            case "15m" -> of(type, 288, 6, 6, 6, 768, 32000, seed);
            case "110m" -> of(type, 768, 12, 12, 12, 2048, 32000, seed);
            case "250m" -> of(type, 1024, 16, 16, 8, 4096, 4096, seed);
            case "1b" -> of(type, 2048, 16, 32, 8, 8192, 4096, seed);
            case "7b" -> of(type, 4096, 32, 32, 32, 11008, 32000, seed);
            default ->
                throw new IllegalArgumentException("no shape is called " + name + ": tiny, 15m, 110m, 250m, 1b, 7b");
        };
    }

    private static ModelSpec of(
            TensorType type,
            int embedding,
            int layers,
            int heads,
            int kvHeads,
            int feedForward,
            int vocabulary,
            long seed) {
        return new ModelSpec(
                type,
                embedding,
                layers,
                heads,
                kvHeads,
                feedForward,
                vocabulary,
                4096,
                VocabularyKind.SPM,
                false,
                false,
                seed);
    }

    /** The same with the other kind of tokenizer. */
    public ModelSpec withTokenizer(VocabularyKind other) {
        return new ModelSpec(
                type,
                embedding,
                layers,
                heads,
                kvHeads,
                feedForward,
                vocabulary,
                contextLength,
                other,
                tied,
                ropeFactors,
                seed);
    }

    /** The same with the output matrix tied or not, and with or without frequency factors. */
    public ModelSpec with(boolean tiedOutput, boolean withRopeFactors) {
        return new ModelSpec(
                type,
                embedding,
                layers,
                heads,
                kvHeads,
                feedForward,
                vocabulary,
                contextLength,
                tokenizer,
                tiedOutput,
                withRopeFactors,
                seed);
    }
}
