package dev.penstock.inference.gguf;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** A vocabulary of made-up syllables and words, so that a model with random weights answers in something that can be read aloud. */
final class MadeVocabulary {
    private static final String CONSONANTS = "bcdfghjklmnprstvwz";
    private static final String VOWELS = "aeiou";
    /** The subset of Jinja that every engine knows; the markers are those that many models use. */
    private static final String TEMPLATE = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' +"
            + " message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private final int size;
    private final SplittableRandom random;
    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();

    MadeVocabulary(ModelSpec spec) {
        this.size = spec.vocabulary();
        this.random = new SplittableRandom(spec.seed());
    }

    void describe(ModelSpec.VocabularyKind kind, GgufWriter out) {
        switch (kind) {
            case SPM -> spm(out);
            case BPE -> bpe(out);
        }
        out.text("tokenizer.chat_template", TEMPLATE);
    }

    private void spm(GgufWriter out) {
        add("<unk>", 2);
        add("<s>", 3);
        add("</s>", 3);
        for (int b = 0; b < 256; b++) {
            add("<0x%02X>".formatted(b), 6);
        }
        add("\u2581", 1);
        for (char c = 'a'; c <= 'z'; c++) {
            add(String.valueOf(c), 1);
        }
        for (String[] pair : pairs("\u2581", size - tokens.size())) {
            add(pair[0] + pair[1], 1);
        }
        var scores = new float[size];
        for (int i = 0; i < size; i++) {
            scores[i] = -i;
        }
        out.text("tokenizer.ggml.model", "llama").text("tokenizer.ggml.pre", "default");
        out.texts("tokenizer.ggml.tokens", tokens).f32s("tokenizer.ggml.scores", scores);
        out.i32s("tokenizer.ggml.token_type", typeArray());
        out.u32("tokenizer.ggml.bos_token_id", 1).u32("tokenizer.ggml.eos_token_id", 2);
        out.u32("tokenizer.ggml.unknown_token_id", 0).flag("tokenizer.ggml.add_bos_token", true);
    }

    private void bpe(GgufWriter out) {
        for (int b = 0; b < 256; b++) {
            add(String.valueOf(ByteAlphabet.character((byte) b)), 1);
        }
        var specials = List.of("<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>");
        for (String[] pair : pairs("\u0120", size - tokens.size() - specials.size())) {
            add(pair[0] + pair[1], 1);
            merges.add(pair[0] + " " + pair[1]);
        }
        int first = tokens.size();
        specials.forEach(s -> add(s, 3));
        out.text("tokenizer.ggml.model", "gpt2").text("tokenizer.ggml.pre", "llama-bpe");
        out.texts("tokenizer.ggml.tokens", tokens).i32s("tokenizer.ggml.token_type", typeArray());
        out.texts("tokenizer.ggml.merges", merges);
        out.u32("tokenizer.ggml.bos_token_id", first).u32("tokenizer.ggml.eos_token_id", first + 1);
        out.flag("tokenizer.ggml.add_bos_token", true);
    }

    /** So many pieces, each made of two that are there before it: syllables, syllables that begin a word, then longer and longer words. */
    private List<String[]> pairs(String space, int count) {
        var pairs = new ArrayList<String[]>();
        Set<String> made = new LinkedHashSet<>();
        var syllables = new ArrayList<String>();
        for (int i = 0; i < CONSONANTS.length(); i++) {
            for (int j = 0; j < VOWELS.length(); j++) {
                put(pairs, made, count, CONSONANTS.substring(i, i + 1), VOWELS.substring(j, j + 1));
                syllables.add(CONSONANTS.substring(i, i + 1) + VOWELS.charAt(j));
            }
        }
        var words = new ArrayList<String>();
        for (String s : List.copyOf(syllables)) {
            // "ka" is one piece already, so the pair is the space and the syllable.
            put(pairs, made, count, space, s);
            words.add(space + s);
        }
        while (pairs.size() < count) {
            String head = words.get(random.nextInt(words.size()));
            String tail = syllables.get(random.nextInt(syllables.size()));
            if (put(pairs, made, count, head, tail)) {
                words.add(head + tail);
            }
        }
        return pairs;
    }

    private static boolean put(List<String[]> pairs, Set<String> made, int count, String left, String right) {
        boolean isNew = pairs.size() < count && left.length() < 12 && made.add(left + right);
        if (isNew) {
            pairs.add(new String[] {left, right});
        }
        return isNew;
    }

    private void add(String token, int type) {
        tokens.add(token);
        types.add(type);
    }

    private int[] typeArray() {
        return types.stream().mapToInt(Integer::intValue).toArray();
    }
}
