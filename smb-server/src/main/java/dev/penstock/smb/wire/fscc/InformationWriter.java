package dev.penstock.smb.wire.fscc;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing little-endian buffer. One thread. */
public final class InformationWriter {
    private byte[] bytes;
    private int size;

    /** Starts empty. */
    public InformationWriter(int expected) {
        this.bytes = new byte[expected];
    }

    /** Bytes written so far. */
    public int size() {
        return size;
    }

    /** Forgets what was written past {@code size}. */
    public void truncate(int length) {
        size = Math.min(size, length);
    }

    /** One byte. */
    public InformationWriter u8(int value) {
        grow(1);
        bytes[size++] = (byte) value;
        return this;
    }

    /** Two bytes. */
    public InformationWriter u16(int value) {
        return u8(value).u8(value >> 8);
    }

    /** Four bytes. */
    public InformationWriter u32(int value) {
        grow(4);
        set32(size, value);
        size += 4;
        return this;
    }

    /** Eight bytes. */
    public InformationWriter u64(long value) {
        return u32((int) value).u32((int) (value >>> 32));
    }

    /** A name in UTF-16LE, without its length. */
    public InformationWriter name(String name) {
        return raw(utf16(name));
    }

    /** Bytes as they are. */
    public InformationWriter raw(byte[] value) {
        grow(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
        return this;
    }

    /** Zeros. */
    public InformationWriter zeros(int count) {
        grow(count);
        Arrays.fill(bytes, size, size + count, (byte) 0);
        size += count;
        return this;
    }

    /** Zeros up to a multiple of {@code alignment}, counted from the start of the buffer. */
    public InformationWriter align(int alignment) {
        int over = size % alignment;
        return over == 0 ? this : zeros(alignment - over);
    }

    /** Overwrites four bytes written before. */
    public void set32(int at, int value) {
        bytes[at] = (byte) value;
        bytes[at + 1] = (byte) (value >> 8);
        bytes[at + 2] = (byte) (value >> 16);
        bytes[at + 3] = (byte) (value >> 24);
    }

    /** A copy of what was written. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    /** A name as it goes over the wire. */
    public static byte[] utf16(String name) {
        return name.getBytes(StandardCharsets.UTF_16LE);
    }

    private void grow(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }
}
