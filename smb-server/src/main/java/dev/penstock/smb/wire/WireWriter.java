package dev.penstock.smb.wire;

import dev.penstock.smb.wire.dtyp.Guid;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes little-endian fields one behind the other into an array that grows. For control data. One thread. */
public final class WireWriter {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes;
    private int position;

    /** Starts with room for an ordinary message. */
    public WireWriter() {
        this(256);
    }

    /** Starts with room for {@code capacity} bytes. */
    public WireWriter(int capacity) {
        this.bytes = new byte[capacity];
    }

    /** Bytes written so far. */
    public int position() {
        return position;
    }

    /** Writes 8 bits. */
    public WireWriter u8(int value) {
        int at = take(1);
        bytes[at] = (byte) value;
        return this;
    }

    /** Writes 16 bits. */
    public WireWriter u16(int value) {
        int at = take(2);
        SHORT.set(bytes, at, (short) value);
        return this;
    }

    /** Writes 32 bits. */
    public WireWriter i32(int value) {
        int at = take(4);
        INT.set(bytes, at, value);
        return this;
    }

    /** Writes 64 bits. */
    public WireWriter i64(long value) {
        int at = take(8);
        LONG.set(bytes, at, value);
        return this;
    }

    /** Writes 16 bytes. */
    public WireWriter guid(Guid value) {
        return i64(value.low()).i64(value.high());
    }

    /** Writes the whole array. */
    public WireWriter bytes(byte[] value) {
        int at = take(value.length);
        System.arraycopy(value, 0, bytes, at, value.length);
        return this;
    }

    /** Writes the whole blob. */
    public WireWriter blob(Blob value) {
        value.writeTo(this);
        return this;
    }

    /** Writes UTF-16LE without a terminator. */
    public WireWriter utf16(String value) {
        int at = take(value.length() * 2);
        for (int i = 0; i < value.length(); i++) {
            SHORT.set(bytes, at + 2 * i, (short) value.charAt(i));
        }
        return this;
    }

    /** Writes one byte per character. */
    public WireWriter latin1(String value) {
        return bytes(value.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Writes zeros. */
    public WireWriter zeros(int count) {
        take(count);
        return this;
    }

    /** Writes zeros until the position, counted from {@code start}, is a multiple of {@code alignment}, a power of two. */
    public WireWriter align(int start, int alignment) {
        return zeros(-(position - start) & (alignment - 1));
    }

    /** Overwrites 16 bits written earlier. */
    public void patch16(int at, int value) {
        SHORT.set(bytes, at, (short) value);
    }

    /** Overwrites 32 bits written earlier. */
    public void patch32(int at, int value) {
        INT.set(bytes, at, value);
    }

    /** Overwrites bytes written earlier. */
    public void patch(int at, byte[] value) {
        System.arraycopy(value, 0, bytes, at, value.length);
    }

    /** A copy of what was written. */
    public byte[] toArray() {
        return Arrays.copyOf(bytes, position);
    }

    /** What was written, without a copy: not to be used together with further writes. */
    public ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes, 0, position).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What was written, as a blob. */
    public Blob toBlob() {
        return Blob.of(toArray());
    }

    /** Makes room. To be called before the array is named: it may become another one. */
    private int take(int count) {
        int at = position;
        int end = Math.addExact(at, count);
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
        }
        position = end;
        return at;
    }
}
