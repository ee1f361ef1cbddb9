package dev.penstock.inference.gguf;

import java.util.HashMap;
import java.util.Map;

/**
 * The alphabet in which byte-level vocabularies are written: each byte has a printable character of its own, as GPT-2 laid down. Printable
 * Latin-1 characters stand for themselves, all others for U+0100 and following, so that a space is U+0120.
 */
public final class ByteAlphabet {
    private static final char[] CHARACTERS = new char[256];
    private static final Map<Character, Byte> BYTES = new HashMap<>();

    static {
        char next = 0x100;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            CHARACTERS[b] = printable ? (char) b : next++;
            BYTES.put(CHARACTERS[b], (byte) b);
        }
    }

    private ByteAlphabet() {}

    /** The character of a byte. */
    public static char character(byte b) {
        return CHARACTERS[Byte.toUnsignedInt(b)];
    }

    /** The byte of a character, or -1 where it is none of the alphabet. */
    public static int unsignedByte(char character) {
        Byte b = BYTES.get(character);
        return b == null ? -1 : Byte.toUnsignedInt(b);
    }
}
