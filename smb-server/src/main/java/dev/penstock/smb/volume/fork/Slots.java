package dev.penstock.smb.volume.fork;

import dev.penstock.smb.volume.posix.Attributes;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The extended attributes in which streams are kept: one a stream, named after it. Its value is a byte that says what follows, then the
 * stream itself, or the name of its sidecar. A stream whose name is too long for an attribute's is kept under a hash of it, and the value
 * begins with the name.
 */
final class Slots {
    static final String PREFIX = "user.penstock.stream.";
    private static final String HASHED = "user.penstock.streamx.";
    private static final String EITHER = "user.penstock.stream";

    /** Linux takes names of 255 bytes. */
    private static final int MOST_NAME_BYTES = 255 - PREFIX.length();

    private static final int INLINE = 0;
    private static final int SIDECAR = 1;
    private static final int NAMED = 0x80;
    private static final int TOKEN_CHARS = 32;

    /** What a stream in a sidecar takes of the attributes, beside its name. */
    static final int POINTER_BYTES = 1 + TOKEN_CHARS;

    /** What the largest inline value takes, with a name of 255 characters before it. */
    private static final int MOST_VALUE = Fork.MOST_INLINE + 1 + 2 + 4 * 255;

    private Slots() {}

    /**
     * One stream as it is kept.
     *
     * @param data null where it is in a sidecar
     * @param token null where it is not
     */
    record Slot(String name, @Nullable Blob data, @Nullable String token) {}

    /** The names of the attributes that hold streams; not the streams' own. */
    static List<String> keys(FileHandle file) throws PosixException {
        return Attributes.names(file, EITHER);
    }

    /** Whether an attribute holds a stream. */
    static boolean isKey(String attribute) {
        return attribute.startsWith(EITHER);
    }

    static @Nullable Slot read(FolderReader entry, String key) throws PosixException {
        return decode(key, entry.attribute(key, MOST_VALUE));
    }

    /** Null where there is none, or it is damaged. */
    static @Nullable Slot read(FileHandle file, String key) throws PosixException {
        return decode(key, Posix.attribute(file, key, MOST_VALUE));
    }

    /** The stream of a name, without regard to case; null where there is none. */
    static @Nullable Slot find(FileHandle file, String name) throws PosixException {
        Slot exact = read(file, key(name));
        if (exact != null && exact.name.equals(name)) {
            return exact;
        }
        String folded = fold(name);
        for (String key : keys(file)) {
            Slot slot = key.startsWith(HASHED)
                            || fold(key.substring(PREFIX.length())).equals(folded)
                    ? read(file, key)
                    : null;
            if (slot != null && fold(slot.name).equals(folded)) {
                return slot;
            }
        }
        return null;
    }

    static boolean anyPointsTo(FileHandle parent, String entry, String token) throws PosixException {
        for (String key : Attributes.names(parent, entry, EITHER)) {
            Slot slot = decode(key, Posix.attribute(parent, entry, key, MOST_VALUE));
            if (slot != null && token.equals(slot.token)) {
                return true;
            }
        }
        return false;
    }

    static void write(FileHandle file, Slot slot) throws PosixException {
        String key = key(slot.name);
        byte[] name = key.startsWith(HASHED) ? slot.name.getBytes(StandardCharsets.UTF_8) : null;
        byte[] rest = slot.data != null
                ? slot.data.toArray()
                : Objects.requireNonNull(slot.token).getBytes(StandardCharsets.US_ASCII);
        var value = ByteBuffer.allocate(1 + (name == null ? 0 : 2 + name.length) + rest.length);
        value.put((byte) ((slot.data != null ? INLINE : SIDECAR) | (name == null ? 0 : NAMED)));
        if (name != null) {
            value.putShort((short) name.length).put(name);
        }
        Posix.setAttribute(file, key, value.put(rest).array());
    }

    static void remove(FileHandle file, String name) throws PosixException {
        Posix.setAttribute(file, key(name), null);
    }

    private static @Nullable Slot decode(String key, byte @Nullable [] value) {
        if (value == null || value.length == 0) {
            return null;
        }
        int at = 1;
        String name;
        if (key.startsWith(PREFIX)) {
            name = key.substring(PREFIX.length());
        } else if ((value[0] & NAMED) != 0 && value.length >= 3) {
            int length = (value[1] & 0xff) << 8 | value[2] & 0xff;
            if (length > value.length - 3) {
                return null;
            }
            name = new String(value, 3, length, StandardCharsets.UTF_8);
            at = 3 + length;
        } else {
            return null;
        }
        byte[] rest = Arrays.copyOfRange(value, at, value.length);
        if ((value[0] & 0x7f) == INLINE) {
            return new Slot(name, Blob.of(rest), null);
        }
        String token = new String(rest, StandardCharsets.US_ASCII);
        // It becomes a file's name: nothing else may.
        boolean valid = token.length() == TOKEN_CHARS && token.chars().allMatch(HexFormat::isHexDigit);
        return valid ? new Slot(name, null, token) : null;
    }

    private static String key(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MOST_NAME_BYTES) {
            return PREFIX + name;
        }
        try {
            return HASHED
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    static String fold(String name) {
        return name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    }
}
