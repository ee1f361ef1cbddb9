package dev.penstock.inference.serving.token;

import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * SentencePiece as Llama 2 and Mistral use it: the two neighbours whose union is the token of the highest score are joined until none is
 * left; what is no token then is written byte by byte.
 */
final class SpmTokenizer implements Tokenizer {
    private final Vocabulary vocabulary;
    private final float[] scores;
    private final boolean spacePrefix;
    private final int unknown;

    SpmTokenizer(Metadata metadata) throws GgufException {
        this.vocabulary = new Vocabulary(metadata, false, true);
        this.scores = java.util.Arrays.copyOf(metadata.reals("tokenizer.ggml.scores"), vocabulary.size());
        this.spacePrefix = metadata.flag("tokenizer.ggml.add_space_prefix", true);
        this.unknown = metadata.whole("tokenizer.ggml.unknown_token_id", 0, vocabulary.size() - 1, 0);
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
        boolean first = true;
        for (Vocabulary.Piece piece :
                text.isEmpty() ? List.<Vocabulary.Piece>of() : vocabulary.split(text, parseSpecial)) {
            if (piece.token() >= 0) {
                tokens.add(piece.token());
                first = true;
            } else {
                String prefixed = spacePrefix && first ? " " + piece.text() : piece.text();
                encode(prefixed.replace(' ', Vocabulary.SPM_SPACE), tokens);
                first = false;
            }
        }
        if (addSpecial && vocabulary.addEnd()) {
            tokens.add(vocabulary.end());
        }
        return Tokenizer.array(tokens);
    }

    /** A union of two neighbours that is a token. */
    private record Pair(int left, int right, float score, int length) {}

    private void encode(String text, List<Integer> tokens) {
        Chain chain = new Chain(text);
        var queue = new PriorityQueue<Pair>(
                (a, b) -> a.score != b.score ? Float.compare(b.score, a.score) : Integer.compare(a.left, b.left));
        for (int i = 0; i + 1 < chain.count(); i++) {
            consider(chain, i, i + 1, queue);
        }
        for (Pair pair = queue.poll(); pair != null; pair = queue.poll()) {
            // Either side may have been joined to something else since.
            if (chain.length(pair.left) == 0
                    || chain.length(pair.right) == 0
                    || chain.length(pair.left) + chain.length(pair.right) != pair.length) {
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
            String union = chain.text(left) + chain.text(right);
            int id = vocabulary.id(union);
            if (id >= 0) {
                queue.add(new Pair(left, right, scores[id], union.length()));
            }
        }
    }

    private void emit(String text, List<Integer> tokens) {
        int id = vocabulary.id(text);
        if (id >= 0) {
            tokens.add(id);
            return;
        }
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            int byteToken = vocabulary.id("<0x%02X>".formatted(b));
            tokens.add(byteToken >= 0 ? byteToken : unknown);
        }
    }
}
