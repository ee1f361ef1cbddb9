package dev.penstock.smbdirect;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian fields. */
final class Le {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Le() {}

    static int u16(MemorySegment from, long at) {
        return from.get(U16, at) & 0xFFFF;
    }

    static long u32(MemorySegment from, long at) {
        return from.get(U32, at) & 0xFFFF_FFFFL;
    }

    static void putU16(MemorySegment to, long at, int value) {
        to.set(U16, at, (short) value);
    }

    static void putU32(MemorySegment to, long at, long value) {
        to.set(U32, at, (int) value);
    }
}
