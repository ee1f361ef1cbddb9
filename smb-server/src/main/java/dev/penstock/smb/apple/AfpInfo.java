package dev.penstock.smb.apple;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The stream {@code AFP_AfpInfo}: 60 bytes, big-endian, of which 32 are what the Finder knows of a file. A stream in which those are zero
 * is none: Macs delete it by writing zeros.
 */
public final class AfpInfo {
    /** Name of the stream, without its type. */
    public static final String STREAM = "AFP_AfpInfo";
    /** Name of the stream that a resource fork is. */
    public static final String RESOURCE = "AFP_Resource";
    /** Length of the stream. */
    public static final int BYTES = 60;
    /** Where the Finder's 32 bytes are. */
    public static final int FINDER_INFO = 16;
    /** How many they are. */
    public static final int FINDER_BYTES = 32;

    private static final int SIGNATURE = 0x41465000; // "AFP\0"
    private static final int VERSION = 0x0001_0000;
    private static final int NEVER_BACKED_UP = 0x8000_0000;
    private static final byte[] PREFIX = {'A', 'F', 'P'};

    private AfpInfo() {}

    /** What a file has that the Finder knows nothing of. */
    public static byte[] empty() {
        return of(new byte[FINDER_BYTES]);
    }

    /** The stream for the Finder's 32 bytes. */
    public static byte[] of(byte[] finderInfo) {
        return ByteBuffer.allocate(BYTES)
                .putInt(SIGNATURE)
                .putInt(VERSION)
                .putInt(0)
                .putInt(NEVER_BACKED_UP)
                .put(finderInfo, 0, FINDER_BYTES)
                .array();
    }

    /** The Finder's 32 bytes of a stream as it is kept; null where there are none, or the stream is not right. */
    public static byte @Nullable [] finderInfo(byte[] stream) {
        if (stream.length < BYTES || ByteBuffer.wrap(stream).getInt() != SIGNATURE) {
            return null;
        }
        byte[] info = Arrays.copyOfRange(stream, FINDER_INFO, FINDER_INFO + FINDER_BYTES);
        for (byte b : info) {
            if (b != 0) {
                return info;
            }
        }
        return null;
    }

    /**
     * What a write makes of the stream. Apple's server takes one that begins with the signature, at the start, or anywhere if it is a
     * whole stream; bytes after the 60th count for nothing.
     *
     * @param old as it is kept; any length
     * @return null where the write is refused
     */
    public static byte @Nullable [] written(byte[] old, long position, byte[] bytes) {
        boolean whole = bytes.length >= BYTES;
        boolean signed =
                bytes.length >= PREFIX.length && Arrays.equals(bytes, 0, PREFIX.length, PREFIX, 0, PREFIX.length);
        if (!signed || (position != 0 && !whole)) {
            return null;
        }
        byte[] stream = old.length == BYTES ? old.clone() : empty();
        System.arraycopy(bytes, 0, stream, 0, Math.min(bytes.length, BYTES));
        return stream;
    }
}
