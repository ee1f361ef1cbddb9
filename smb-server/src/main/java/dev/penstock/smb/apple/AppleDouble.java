package dev.penstock.smb.apple;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An AppleDouble file: what a Mac has written beside a file, under its name with {@code ._} in front, where it could not keep streams. RFC
 * 1740, and the extended attributes that Apple's kernel puts behind the Finder's bytes.
 *
 * @param finderInfo the Finder's 32 bytes; empty for none
 * @param resource where the resource fork is in the file; empty for none
 * @param attributes extended attributes, by their names
 */
public record AppleDouble(Blob finderInfo, Span resource, List<Attribute> attributes) {
    /** Bytes at the start of the file that hold everything but the resource fork; Apple's own limit. */
    public static final int MOST_HEADER = 128 << 10;

    private static final int MAGIC = 0x0005_1607;
    private static final int VERSION = 0x0002_0000;
    private static final int FIXED = 26;
    private static final int ENTRY = 12;
    private static final int MOST_ENTRIES = 16;
    private static final int RESOURCE_FORK = 2;
    private static final int FINDER_INFO = 9;
    private static final int FINDER_BYTES = 32;

    private static final int ATTR_MAGIC = 0x4154_5452; // "ATTR"
    private static final int ATTR_FIXED = 36;
    private static final int ATTR_ENTRY = 11;
    private static final int MOST_ATTRIBUTES = 256;

    /** An extended attribute, which is a stream to clients. */
    public record Attribute(String name, Blob value) {}

    /**
     * Reads the start of an AppleDouble file.
     *
     * @param start its first bytes, {@link #MOST_HEADER} at most
     * @param length of the whole file, in bytes
     */
    public static AppleDouble decode(ByteBuffer start, long length) throws MalformedMessage {
        var in = new BigEndian(start);
        WireReader.require(in.i32(0) == MAGIC && in.i32(4) == VERSION, "no AppleDouble file");
        int entries = in.u16(24);
        WireReader.require(entries <= MOST_ENTRIES, "too many entries");
        Blob info = Blob.EMPTY;
        Span resource = Span.EMPTY;
        List<Attribute> attributes = List.of();
        for (int i = 0; i < entries; i++) {
            int at = FIXED + ENTRY * i;
            long offset = Integer.toUnsignedLong(in.i32(at + 4));
            long size = Integer.toUnsignedLong(in.i32(at + 8));
            WireReader.require(offset + size <= length, "an entry outside the file");
            if (in.i32(at) == RESOURCE_FORK && size > 0 && offset + size <= Integer.MAX_VALUE) {
                resource = new Span((int) offset, (int) size);
            } else if (in.i32(at) == FINDER_INFO && size >= FINDER_BYTES) {
                info = in.blob(offset, FINDER_BYTES);
                attributes = attributes(in, offset + FINDER_BYTES + 2, offset + size);
            }
        }
        return new AppleDouble(info, resource, attributes);
    }

    /** The attributes' table, two bytes behind the Finder's, if there is one. */
    private static List<Attribute> attributes(BigEndian in, long at, long end) throws MalformedMessage {
        if (end - at < ATTR_FIXED || in.i32(at) != ATTR_MAGIC) {
            return List.of();
        }
        int count = in.u16(at + 34);
        WireReader.require(count <= MOST_ATTRIBUTES, "too many attributes");
        var found = new ArrayList<Attribute>();
        long entry = at + ATTR_FIXED;
        for (int i = 0; i < count; i++) {
            long offset = Integer.toUnsignedLong(in.i32(entry));
            long size = Integer.toUnsignedLong(in.i32(entry + 4));
            int nameLength = in.u8(entry + 10);
            WireReader.require(nameLength > 1 && size <= MOST_HEADER, "an attribute's entry");
            Blob name = in.blob(entry + ATTR_ENTRY, nameLength - 1);
            found.add(new Attribute(new String(name.toArray(), StandardCharsets.UTF_8), in.blob(offset, (int) size)));
            entry += ATTR_ENTRY + nameLength + 3 & -4;
        }
        return List.copyOf(found);
    }

    /** Reads with checked bounds in the order of 68000s. */
    private record BigEndian(ByteBuffer memory) {
        BigEndian {
            memory = memory.slice().order(ByteOrder.BIG_ENDIAN);
        }

        private int check(long at, int width) throws MalformedMessage {
            WireReader.require(at >= 0 && at <= memory.limit() - (long) width, "field outside the file");
            return (int) at;
        }

        int u8(long at) throws MalformedMessage {
            return memory.get(check(at, 1)) & 0xff;
        }

        int u16(long at) throws MalformedMessage {
            return memory.getShort(check(at, 2)) & 0xffff;
        }

        int i32(long at) throws MalformedMessage {
            return memory.getInt(check(at, 4));
        }

        Blob blob(long at, int length) throws MalformedMessage {
            var bytes = new byte[length];
            if (length > 0) {
                memory.get(check(at, length), bytes);
            }
            return Blob.of(bytes);
        }
    }
}
