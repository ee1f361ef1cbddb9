package dev.penstock.inference.serving.token;

import dev.penstock.inference.gguf.ByteAlphabet;
import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tokens of a model, what each stands for, and which have a meaning of their own. Immutable. */
public final class Vocabulary {
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;
    /** The sign that stands for a space in SentencePiece vocabularies. */
    static final char SPM_SPACE = '\u2581';
    /** Names under which models end a turn or a text, whatever their file calls the end-of-sequence token. */
    private static final Set<String> ENDS = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "<|eom_id|>",
            "<EOT>",
            "</s>");

    private final List<String> texts;
    private final int[] types;
    private final boolean byteLevel;
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<Integer> specials = new ArrayList<>();
    private final Set<Integer> ends = new HashSet<>();
    private final int begin;
    private final int end;
    private final boolean addBegin;
    private final boolean addEnd;

    Vocabulary(Metadata metadata, boolean byteLevel, boolean addBeginByDefault) throws GgufException {
        this.byteLevel = byteLevel;
        this.texts = metadata.texts("tokenizer.ggml.tokens");
        if (texts.isEmpty()) {
            throw new GgufException("the file has no vocabulary");
        }
        int[] given = metadata.wholes("tokenizer.ggml.token_type");
        this.types = Arrays.copyOf(given, texts.size());
        for (int id = 0; id < texts.size(); id++) {
            ids.putIfAbsent(texts.get(id), id);
            if (types[id] == CONTROL || types[id] == USER_DEFINED || types[id] == UNKNOWN) {
                specials.add(id);
            }
        }
        specials.sort(Comparator.comparingInt(id -> -texts.get(id).length()));
        begin = id(metadata, "tokenizer.ggml.bos_token_id");
        end = id(metadata, "tokenizer.ggml.eos_token_id");
        ends.add(end);
        ends.add(id(metadata, "tokenizer.ggml.eot_token_id"));
        for (String name : ENDS) {
            Integer id = ids.get(name);
            if (id != null && types[id] == CONTROL) {
                ends.add(id);
            }
        }
        ends.remove(-1);
        addBegin = begin >= 0 && metadata.flag("tokenizer.ggml.add_bos_token", addBeginByDefault);
        addEnd = end >= 0 && metadata.flag("tokenizer.ggml.add_eos_token", false);
    }

    private int id(Metadata metadata, String key) throws GgufException {
        // Some converters write 2^32 - 1 for "none".
        return metadata.get(key) instanceof dev.penstock.inference.gguf.GgufValue.Whole(long id) && id < texts.size()
                ? (int) id
                : -1;
    }

    /** Number of tokens. */
    public int size() {
        return texts.size();
    }

    /** The token of a text as the vocabulary writes it, or -1. */
    public int id(String text) {
        return ids.getOrDefault(text, -1);
    }

    /** How the vocabulary writes a token. */
    public String text(int id) {
        return texts.get(id);
    }

    /** The token that begins a sequence, or -1. */
    public int begin() {
        return begin;
    }

    /** The token that ends a sequence, or -1. */
    public int end() {
        return end;
    }

    /** Whether a model that says this token has finished. */
    public boolean ends(int id) {
        return ends.contains(id);
    }

    /** Whether sequences begin with {@link #begin}. */
    public boolean addBegin() {
        return addBegin;
    }

    /** Whether prompts end with {@link #end}. */
    boolean addEnd() {
        return addEnd;
    }

    /** Whether pieces of words are written in the alphabet of bytes, not with the sign for a space. */
    public boolean byteLevel() {
        return byteLevel;
    }

    /** The bytes of text that a token stands for; none for control tokens. */
    public byte[] bytes(int id) {
        String text = texts.get(id);
        return switch (types[id]) {
            case CONTROL, UNKNOWN -> new byte[0];
            case BYTE -> new byte[] {(byte) Integer.parseInt(text.substring(3, 5), 16)};
            case USER_DEFINED -> text.getBytes(StandardCharsets.UTF_8);
            default -> byteLevel ? decode(text) : text.replace(SPM_SPACE, ' ').getBytes(StandardCharsets.UTF_8);
        };
    }

    /** Splits a text at the names of special tokens, the longest first, as llama.cpp does. */
    List<Piece> split(String text, boolean parseSpecial) {
        List<Piece> pieces = List.of(new Piece(text, -1));
        for (int special : specials) {
            if (parseSpecial || types[special] == USER_DEFINED) {
                pieces = splitAt(pieces, special);
            }
        }
        return pieces;
    }

    private List<Piece> splitAt(List<Piece> pieces, int special) {
        String name = texts.get(special);
        if (name.isEmpty() || pieces.stream().noneMatch(p -> p.token < 0 && p.text.contains(name))) {
            return pieces;
        }
        var split = new ArrayList<Piece>();
        for (Piece piece : pieces) {
            if (piece.token >= 0) {
                split.add(piece);
                continue;
            }
            int from = 0;
            for (int at = piece.text.indexOf(name); at >= 0; at = piece.text.indexOf(name, from)) {
                if (at > from) {
                    split.add(new Piece(piece.text.substring(from, at), -1));
                }
                split.add(new Piece(name, special));
                from = at + name.length();
            }
            if (from < piece.text.length()) {
                split.add(new Piece(piece.text.substring(from), -1));
            }
        }
        return split;
    }

    /**
     * A stretch of text, or a special token.
     *
     * @param token -1 for text
     */
    record Piece(String text, int token) {}

    private static byte[] decode(String text) {
        var bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            int b = ByteAlphabet.unsignedByte(text.charAt(i));
            if (b < 0) {
                return text.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) b;
        }
        return bytes;
    }
}
