package dev.penstock.inference.serving.token;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Tokens to text as they come. A character whose bytes are spread over several tokens appears with the last of them; bytes that are no
 * UTF-8 become U+FFFD. Belongs to one generation.
 */
public final class Detokenizer {
    private final Vocabulary vocabulary;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

    /** A detokenizer at the beginning of a text. */
    public Detokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** Adds a token; answers with the text that is complete with it, perhaps none. */
    public String add(int token) {
        pending.writeBytes(vocabulary.bytes(token));
        byte[] bytes = pending.toByteArray();
        int complete = complete(bytes);
        pending.reset();
        pending.write(bytes, complete, bytes.length - complete);
        return new String(bytes, 0, complete, StandardCharsets.UTF_8);
    }

    /** What is left at the end: the replacement character where a character was cut short. */
    public String finish() {
        String rest = pending.toString(StandardCharsets.UTF_8);
        pending.reset();
        return rest;
    }

    /** Bytes before a last character that may still be continued. */
    private static int complete(byte[] bytes) {
        for (int back = 1; back <= Math.min(3, bytes.length); back++) {
            int b = Byte.toUnsignedInt(bytes[bytes.length - back]);
            if (b >= 0xC0) {
                int needed = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return needed > back ? bytes.length - back : bytes.length;
            }
            if (b < 0x80) {
                return bytes.length;
            }
        }
        return bytes.length;
    }
}
