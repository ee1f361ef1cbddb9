package dev.penstock.inference.serving.token;

import dev.penstock.inference.gguf.ByteAlphabet;
import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * Byte-level pair merges as GPT-2 introduced them: a pattern cuts the text into words, the bytes of each word are written in an alphabet of
 * their own, and the pair that comes first in the list of merges is joined until none is left.
 */
final class BpeTokenizer implements Tokenizer {
    private static final String CONTRACTIONS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
    private static final String LLAMA3 = CONTRACTIONS
            + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String QWEN2 = CONTRACTIONS
            + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String TEKKEN =
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                    + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
                    + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private final Vocabulary vocabulary;
    private final Pattern words;
    /** Whether a word that is a token as a whole is taken as it is, even where the merges would not lead there. */
    private final boolean wholeWords;

    private final Map<String, Integer> ranks = new HashMap<>();

    BpeTokenizer(Metadata metadata) throws GgufException {
        String kind = metadata.text("tokenizer.ggml.pre", "default");
        String pattern = switch (kind) {
            case "llama-bpe", "llama3", "llama-v3" -> LLAMA3;
            case "qwen2", "deepseek-r1-qwen" -> QWEN2;
            case "gpt-2", "phi-2", "roberta-bpe", "mpt", "olmo", "jais" -> GPT2;
            case "tekken" -> TEKKEN;
            default -> {
                LoggerFactory.getLogger(BpeTokenizer.class)
                        .warn("words are cut as {} cuts them, which is not known here: as Llama 3 does", kind);
                yield LLAMA3;
            }
        };
        this.words = Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS);
        this.wholeWords = pattern.equals(LLAMA3) || pattern.equals(TEKKEN);
        this.vocabulary = new Vocabulary(metadata, true, wholeWords);
        int rank = 0;
        for (String merge : metadata.texts("tokenizer.ggml.merges")) {
            ranks.putIfAbsent(merge, rank++);
        }
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
        var tokens = new ArrayList<Integer>();
        if (addSpecial && vocabulary.addBegin()) {
            tokens.add(vocabulary.begin());
        }
        for (Vocabulary.Piece piece : vocabulary.split(text, parseSpecial)) {
            if (piece.token() >= 0) {
                tokens.add(piece.token());
            } else {
                cut(piece.text(), tokens);
            }
        }
        if (addSpecial && vocabulary.addEnd()) {
            tokens.add(vocabulary.end());
        }
        return Tokenizer.array(tokens);
    }

    private void cut(String text, List<Integer> tokens) {
        var matcher = words.matcher(text);
        int from = 0;
        while (matcher.find()) {
            if (matcher.start() > from) {
                word(text.substring(from, matcher.start()), tokens);
            }
            word(matcher.group(), tokens);
            from = matcher.end();
        }
        if (from < text.length()) {
            word(text.substring(from), tokens);
        }
    }

    /** Two neighbours that are in the list of merges. */
    private record Pair(int left, int right, int rank, String union) {}

    private void word(String word, List<Integer> tokens) {
        if (word.isEmpty()) {
            return;
        }
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        var written = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            written.append(ByteAlphabet.character(b));
        }
        int whole = wholeWords ? vocabulary.id(written.toString()) : -1;
        if (whole >= 0) {
            tokens.add(whole);
            return;
        }
        Chain chain = new Chain(written.toString());
        var queue = new PriorityQueue<Pair>(
                (a, b) -> a.rank != b.rank ? Integer.compare(a.rank, b.rank) : Integer.compare(a.left, b.left));
        for (int i = 0; i + 1 < chain.count(); i++) {
            consider(chain, i, i + 1, queue);
        }
        for (Pair pair = queue.poll(); pair != null; pair = queue.poll()) {
            if (chain.length(pair.left) == 0
                    || chain.length(pair.right) == 0
                    || !(chain.text(pair.left) + chain.text(pair.right)).equals(pair.union)) {
                continue;
            }
            chain.join(pair.left, pair.right);
            consider(chain, chain.before(pair.left), pair.left, queue);
            consider(chain, pair.left, chain.after(pair.left), queue);
        }
        for (int i = 0; i >= 0; i = chain.after(i)) {
            emit(chain.text(i), tokens);
        }
    }

    private void consider(Chain chain, int left, int right, PriorityQueue<Pair> queue) {
        if (left >= 0 && right >= 0) {
            Integer rank = ranks.get(chain.text(left) + " " + chain.text(right));
            if (rank != null) {
                queue.add(new Pair(left, right, rank, chain.text(left) + chain.text(right)));
            }
        }
    }

    private void emit(String text, List<Integer> tokens) {
        int id = vocabulary.id(text);
        if (id >= 0) {
            tokens.add(id);
            return;
        }
        for (int i = 0; i < text.length(); i++) {
            int single = vocabulary.id(text.substring(i, i + 1));
            if (single >= 0) {
                tokens.add(single);
            }
        }
    }
}
