package dev.penstock.smb.wire;

import dev.penstock.smb.wire.dtyp.Guid;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads little-endian fields with checked bounds. Field positions count from a base, such as the start of an SMB2 body; spans count from
 * the start of the memory, as the offsets in SMB2 bodies do. Holds no position: any thread, while the memory is valid.
 */
public final class WireReader {
    private final ByteBuffer memory;
    private final int base;

    /** Reads what lies between the buffer's position and its limit. */
    public WireReader(ByteBuffer memory) {
        this(memory.slice().order(ByteOrder.LITTLE_ENDIAN), 0);
    }

    private WireReader(ByteBuffer memory, int base) {
        this.memory = memory;
        this.base = base;
    }

    /** The same memory with fields counted from {@code base}. */
    public WireReader from(int base) throws MalformedMessage {
        require(base >= 0 && base <= memory.limit(), "base outside the message");
        return new WireReader(memory, base);
    }

    /** Bytes of the whole memory, whatever the base. */
    public int size() {
        return memory.limit();
    }

    /** Unsigned 8 bits. */
    public int u8(int at) throws MalformedMessage {
        return memory.get(check(at, 1)) & 0xff;
    }

    /** Unsigned 16 bits. */
    public int u16(int at) throws MalformedMessage {
        return memory.getShort(check(at, 2)) & 0xffff;
    }

    /** 32 bits, for flags. */
    public int i32(int at) throws MalformedMessage {
        return memory.getInt(check(at, 4));
    }

    /** Unsigned 32 bits. */
    public long u32(int at) throws MalformedMessage {
        return memory.getInt(check(at, 4)) & 0xffff_ffffL;
    }

    /** 64 bits. */
    public long i64(int at) throws MalformedMessage {
        return memory.getLong(check(at, 8));
    }

    /** 16 bytes. */
    public Guid guid(int at) throws MalformedMessage {
        return new Guid(i64(at), i64(at + 8));
    }

    /** Checks a stretch given by the wire. A length of zero is always right, wherever the offset points. */
    public Span span(long offset, long length) throws MalformedMessage {
        if (length == 0) {
            return Span.EMPTY;
        }
        require(
                offset >= 0 && length > 0 && offset <= size() && length <= size() - offset,
                "range outside the message");
        return new Span((int) offset, (int) length);
    }

    /** A copy of a stretch. */
    public Blob blob(Span span) {
        var copy = new byte[span.length()];
        memory.get(span.offset(), copy);
        return Blob.of(copy);
    }

    /** A view of a stretch, little-endian; valid as long as the memory is. */
    public ByteBuffer buffer(Span span) {
        return memory.slice(span.offset(), span.length()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A reader of a stretch, with its own start. */
    public WireReader slice(Span span) {
        return new WireReader(buffer(span), 0);
    }

    /** UTF-16LE text; an unpaired surrogate is kept. */
    public String utf16(Span span) throws MalformedMessage {
        require((span.length() & 1) == 0, "text of an odd length");
        var chars = new char[span.length() / 2];
        buffer(span).asCharBuffer().get(chars);
        return new String(chars);
    }

    /** One byte per character. */
    public String latin1(Span span) {
        var copy = new byte[span.length()];
        memory.get(span.offset(), copy);
        return new String(copy, StandardCharsets.ISO_8859_1);
    }

    /** Fails the message unless {@code condition} holds. */
    public static void require(boolean condition, String reason) throws MalformedMessage {
        if (!condition) {
            throw new MalformedMessage(reason);
        }
    }

    private int check(int at, int width) throws MalformedMessage {
        if (at < 0 || at > memory.limit() - base - width) {
            throw new MalformedMessage("field outside the message");
        }
        return base + at;
    }
}
