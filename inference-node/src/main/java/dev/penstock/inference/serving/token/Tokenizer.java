package dev.penstock.inference.serving.token;

import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.Metadata;
import java.util.List;

/** Text to tokens. Thread-safe. */
public sealed interface Tokenizer permits SpmTokenizer, BpeTokenizer {
    /**
     * The tokens of a text.
     *
     * @param addSpecial whether the token that begins a sequence is set before it, where the model wants one
     * @param parseSpecial whether the names of control tokens in the text stand for them; true for templates, false for what users say
     */
    int[] encode(String text, boolean addSpecial, boolean parseSpecial);

    /** The vocabulary. */
    Vocabulary vocabulary();

    /**
     * The tokenizer that a file describes.
     *
     * @throws GgufException where it describes none that is known
     */
    static Tokenizer of(Metadata metadata) throws GgufException {
        String kind = metadata.text("tokenizer.ggml.model");
        return switch (kind) {
            case "llama" -> new SpmTokenizer(metadata);
            case "gpt2" -> new BpeTokenizer(metadata);
            default -> throw new GgufException("the tokenizer is of kind " + kind + "; llama and gpt2 are known");
        };
    }

    /** A list as an array. */
    static int[] array(List<Integer> tokens) {
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }
}
