package dev.penstock.inference.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Rows of numbers to and from their stored form, in plain Java: F32, F16, BF16, Q8_0 and Q4_0, rounding as ggml's reference quantisers do.
 * Stateless.
 */
public final class Blocks {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCK = 32;
    private static final int Q8_BYTES = 34;
    private static final int Q4_BYTES = 18;

    private Blocks() {}

    /** Whether rows of this type can be encoded and decoded here. */
    public static boolean supports(TensorType type) {
        return switch (type) {
            case F32, F16, BF16, Q8_0, Q4_0 -> true;
            default -> false;
        };
    }

    /** Stores the first {@code count} numbers of a row at {@code at}. */
    public static void encode(TensorType type, float[] row, int count, MemorySegment out, long at) {
        switch (type) {
            case F32 -> MemorySegment.copy(row, 0, out, F32, at, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    out.set(U16, at + 2L * i, Float.floatToFloat16(row[i]));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    out.set(U16, at + 2L * i, toBfloat16(row[i]));
                }
            }
            case Q8_0 -> {
                for (int b = 0; b < count / BLOCK; b++) {
                    encodeQ8(row, b * BLOCK, out, at + (long) b * Q8_BYTES);
                }
            }
            case Q4_0 -> {
                for (int b = 0; b < count / BLOCK; b++) {
                    encodeQ4(row, b * BLOCK, out, at + (long) b * Q4_BYTES);
                }
            }
            default -> throw unsupported(type);
        }
    }

    /** Reads {@code count} numbers from {@code at}. */
    public static void decode(TensorType type, MemorySegment in, long at, float[] row, int count) {
        switch (type) {
            case F32 -> MemorySegment.copy(in, F32, at, row, 0, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    row[i] = Float.float16ToFloat(in.get(U16, at + 2L * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    row[i] = Float.intBitsToFloat(in.get(U16, at + 2L * i) << 16);
                }
            }
            case Q8_0 -> {
                for (int b = 0; b < count / BLOCK; b++) {
                    decodeQ8(in, at + (long) b * Q8_BYTES, row, b * BLOCK);
                }
            }
            case Q4_0 -> {
                for (int b = 0; b < count / BLOCK; b++) {
                    decodeQ4(in, at + (long) b * Q4_BYTES, row, b * BLOCK);
                }
            }
            default -> throw unsupported(type);
        }
    }

    private static void encodeQ8(float[] row, int from, MemorySegment out, long at) {
        float largest = 0;
        for (int i = 0; i < BLOCK; i++) {
            largest = Math.max(largest, Math.abs(row[from + i]));
        }
        float scale = largest / 127;
        float inverse = scale != 0 ? 1 / scale : 0;
        out.set(U16, at, Float.floatToFloat16(scale));
        for (int i = 0; i < BLOCK; i++) {
            out.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) roundAwayFromZero(row[from + i] * inverse));
        }
    }

    private static void encodeQ4(float[] row, int from, MemorySegment out, long at) {
        float extreme = 0;
        for (int i = 0; i < BLOCK; i++) {
            if (Math.abs(row[from + i]) > Math.abs(extreme)) {
                extreme = row[from + i];
            }
        }
        float scale = extreme / -8;
        float inverse = scale != 0 ? 1 / scale : 0;
        out.set(U16, at, Float.floatToFloat16(scale));
        for (int i = 0; i < BLOCK / 2; i++) {
            int low = Math.min(15, (int) (row[from + i] * inverse + 8.5f));
            int high = Math.min(15, (int) (row[from + BLOCK / 2 + i] * inverse + 8.5f));
            out.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) (low | (high << 4)));
        }
    }

    private static void decodeQ8(MemorySegment in, long at, float[] row, int to) {
        float scale = Float.float16ToFloat(in.get(U16, at));
        for (int i = 0; i < BLOCK; i++) {
            row[to + i] = scale * in.get(ValueLayout.JAVA_BYTE, at + 2 + i);
        }
    }

    private static void decodeQ4(MemorySegment in, long at, float[] row, int to) {
        float scale = Float.float16ToFloat(in.get(U16, at));
        for (int i = 0; i < BLOCK / 2; i++) {
            int pair = in.get(ValueLayout.JAVA_BYTE, at + 2 + i);
            row[to + i] = scale * ((pair & 15) - 8);
            row[to + BLOCK / 2 + i] = scale * (((pair >> 4) & 15) - 8);
        }
    }

    private static int roundAwayFromZero(float x) {
        return x < 0 ? -(int) (0.5f - x) : (int) (x + 0.5f);
    }

    /** Rounds to nearest, ties to even, as ggml does. */
    private static short toBfloat16(float x) {
        int bits = Float.floatToRawIntBits(x);
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }

    private static IllegalArgumentException unsupported(TensorType type) {
        return new IllegalArgumentException("rows of " + type + " are not read or written by plain Java");
    }
}
