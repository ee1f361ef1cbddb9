package dev.penstock.smb.volume;

import java.text.Normalizer;

/**
 * Names on the wire and names on disk. What a local file system allows in a name and SMB does not is shown to clients in the private
 * range U+F001 to U+F029, as Apple's and Microsoft's services for Macs always did, and is turned back when a client names it.
 */
final class DiskNames {
    /** UTF-16 units of a component at most. */
    static final int LONGEST = 255;

    private static final char FIRST = 0xF001;
    /** Characters for U+F020 and on; U+F001 to U+F01F stand for the control characters of the same order. */
    private static final String MAPPED = "\"*:<>?\\|";

    private static final long MAPPED_LOW = bits(0);
    private static final long MAPPED_HIGH = bits(64);

    private static final char TRAILING_SPACE = 0xF028;
    private static final char TRAILING_DOT = 0xF029;

    private DiskNames() {}

    /** Whether a client may use a component as it stands. */
    static boolean isValid(String component) {
        if (component.isEmpty() || component.length() > LONGEST || component.equals(".") || component.equals("..")) {
            return false;
        }
        for (int i = 0; i < component.length(); i++) {
            char c = component.charAt(i);
            if (c < 0x20 || c == '/' || MAPPED.indexOf(c) >= 0) {
                return false;
            }
            if (Character.isHighSurrogate(c)) {
                if (i + 1 == component.length() || !Character.isLowSurrogate(component.charAt(++i))) {
                    return false;
                }
            } else if (Character.isLowSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    /** The name on disk for a valid component. */
    static String toDisk(String component) {
        StringBuilder disk = null;
        for (int i = 0; i < component.length(); i++) {
            char c = component.charAt(i);
            if (c >= FIRST && c <= TRAILING_DOT) {
                disk = disk == null ? new StringBuilder(component) : disk;
                disk.setCharAt(i, unmapped(c));
            }
        }
        return disk == null ? component : disk.toString();
    }

    /** The name for clients. */
    static String toWire(String disk) {
        StringBuilder wire = null;
        for (int i = 0; i < disk.length(); i++) {
            char c = disk.charAt(i);
            int at = isMapped(c) ? MAPPED.indexOf(c) : -1;
            char mapped = c < 0x20 ? (char) (FIRST - 1 + c) : at >= 0 ? (char) (0xF020 + at) : c;
            if (i == disk.length() - 1 && (c == ' ' || c == '.')) {
                mapped = c == ' ' ? TRAILING_SPACE : TRAILING_DOT;
            }
            if (mapped != c) {
                wire = wire == null ? new StringBuilder(disk) : wire;
                wire.setCharAt(i, mapped);
            }
        }
        return wire == null ? disk : wire.toString();
    }

    private static boolean isMapped(char c) {
        return c < 128 && (c < 64 ? MAPPED_LOW >>> c & 1 : MAPPED_HIGH >>> (c - 64) & 1) != 0;
    }

    private static long bits(int from) {
        return MAPPED.chars()
                .filter(c -> c >= from && c < from + 64)
                .mapToLong(c -> 1L << (c - from))
                .sum();
    }

    private static char unmapped(char c) {
        if (c < 0xF020) {
            return (char) (c - FIRST + 1);
        }
        return c == TRAILING_SPACE ? ' ' : c == TRAILING_DOT ? '.' : MAPPED.charAt(c - 0xF020);
    }

    /** A name with accents in their letters, as Macs send names whatever they are on disk. */
    static String compose(String name) {
        return isLatin(name) || Normalizer.isNormalized(name, Normalizer.Form.NFC)
                ? name
                : Normalizer.normalize(name, Normalizer.Form.NFC);
    }

    /** Whether nothing in a name can be composed: all combining characters come later. */
    private static boolean isLatin(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) >= 0x300) {
                return false;
            }
        }
        return true;
    }

    /** The key under which names that differ in case only are the same. */
    static String fold(String disk) {
        // Upper first: some letters have one upper and several lower forms.
        return disk.toUpperCase(java.util.Locale.ROOT).toLowerCase(java.util.Locale.ROOT);
    }
}
