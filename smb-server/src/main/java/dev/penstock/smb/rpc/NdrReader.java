package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.dtyp.Sid;
import java.nio.ByteBuffer;

/** Reads parameters in NDR, one behind the other, in the byte order of the buffer. C706 14. One call. */
final class NdrReader {
    private final ByteBuffer in;

    /** Reads from the buffer's position, which alignment counts from. */
    NdrReader(ByteBuffer memory) {
        this.in = memory.slice().order(memory.order());
    }

    int remaining() {
        return in.remaining();
    }

    int u8() throws MalformedMessage {
        return need(1).get() & 0xff;
    }

    int u16() throws MalformedMessage {
        return align(2).need(2).getShort() & 0xffff;
    }

    /** 32 bits; a count read so is not to be believed. */
    int u32() throws MalformedMessage {
        return align(4).need(4).getInt();
    }

    /** Whether a pointer points to something. */
    boolean pointer() throws MalformedMessage {
        return u32() != 0;
    }

    Guid guid() throws MalformedMessage {
        long low = Integer.toUnsignedLong(u32());
        low |= (long) u16() << 32 | (long) u16() << 48;
        long high = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            high |= (long) u8() << shift;
        }
        return new Guid(low, high);
    }

    /** A context handle as it was given out, whatever the byte order in which it comes back. */
    Blob handle() throws MalformedMessage {
        return new WireWriter(20).i32(u32()).guid(guid()).toBlob();
    }

    Blob bytes(int count) throws MalformedMessage {
        need(count);
        var copy = new byte[count]; // which are there
        in.get(copy);
        return Blob.of(copy);
    }

    /** The count of what follows, where each of it takes at least {@code least} bytes. */
    int count(int least) throws MalformedMessage {
        int count = u32();
        WireReader.require(count >= 0 && count <= in.remaining() / least, "NDR: count");
        return count;
    }

    /** A conformant and varying string of UTF-16, without its terminator. */
    String string() throws MalformedMessage {
        u32();
        u32();
        int count = count(2);
        var text = new StringBuilder();
        boolean ended = false;
        for (int i = 0; i < count; i++) {
            char c = (char) u16();
            ended |= c == 0;
            if (!ended) {
                text.append(c);
            }
        }
        return text.toString();
    }

    /** A string behind a pointer that may be null, in which case it is empty. */
    String uniqueString() throws MalformedMessage {
        return pointer() ? string() : "";
    }

    /** RPC_SID, [MS-DTYP] 2.4.2.3. */
    Sid sid() throws MalformedMessage {
        int parts = count(4);
        int revision = u8();
        WireReader.require(revision == 1 && u8() == parts && parts <= 15, "NDR: SID");
        long authority = 0;
        for (int i = 0; i < 6; i++) {
            authority = authority << 8 | u8();
        }
        var numbers = new Integer[parts];
        for (int i = 0; i < parts; i++) {
            numbers[i] = u32();
        }
        return new Sid(authority, numbers);
    }

    private NdrReader align(int alignment) throws MalformedMessage {
        int skipped = -in.position() & (alignment - 1);
        need(skipped).position(in.position() + skipped);
        return this;
    }

    private ByteBuffer need(int bytes) throws MalformedMessage {
        WireReader.require(bytes >= 0 && in.remaining() >= bytes, "NDR: ends early");
        return in;
    }
}
