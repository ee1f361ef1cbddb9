package dev.penstock.inference.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads little-endian values one after the other through a window over the file. Throws {@link GgufException} at the file's end. */
final class HeaderCursor {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final ByteSource source;
    private MemorySegment window = MemorySegment.NULL;
    private long windowStart;
    private long position;

    HeaderCursor(ByteSource source) {
        this.source = source;
    }

    long size() {
        return source.size();
    }

    long position() {
        return position;
    }

    long remaining() {
        return source.size() - position;
    }

    int u8() throws GgufException, IOException {
        long at = take(1);
        return Byte.toUnsignedInt(window.get(ValueLayout.JAVA_BYTE, at));
    }

    int u16() throws GgufException, IOException {
        long at = take(2);
        return Short.toUnsignedInt(window.get(U16, at));
    }

    int u32() throws GgufException, IOException {
        long at = take(4);
        return window.get(U32, at);
    }

    long u64() throws GgufException, IOException {
        long at = take(8);
        return window.get(U64, at);
    }

    /** A length of 64 bits and as many bytes of UTF-8. */
    String text(int limit) throws GgufException, IOException {
        long length = u64();
        if (length < 0 || length > limit || length > remaining()) {
            throw new GgufException("a string of " + Long.toUnsignedString(length) + " bytes at " + position);
        }
        long at = take((int) length);
        return new String(window.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** Makes the next bytes visible in the window, moves past them, and answers where in the window they begin. */
    private long take(int length) throws GgufException, IOException {
        if (length > remaining()) {
            throw new GgufException("the file ends within its header");
        }
        if (position + length > windowStart + window.byteSize() || position < windowStart) {
            window = source.window(position, (int) Math.min(ByteSource.WINDOW, remaining()));
            windowStart = position;
        }
        long at = position - windowStart;
        position += length;
        return at;
    }
}
