package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.dtyp.Sid;

/**
 * Writes results in NDR, little-endian, each aligned as its size asks. C706 14. What a pointer points to is written behind the structure that
 * holds the pointer, in the order of the pointers. One call.
 */
final class NdrWriter {
    private final WireWriter out = new WireWriter();
    private int referents = 0x0002_0000;

    NdrWriter u8(int value) {
        out.u8(value);
        return this;
    }

    NdrWriter u16(int value) {
        out.align(0, 2).u16(value);
        return this;
    }

    NdrWriter u32(int value) {
        out.align(0, 4).i32(value);
        return this;
    }

    NdrWriter u32(long value) {
        return u32((int) value);
    }

    NdrWriter guid(Guid value) {
        out.align(0, 4).guid(value);
        return this;
    }

    NdrWriter bytes(Blob value) {
        out.blob(value);
        return this;
    }

    /** Zeros up to where a structure of 32-bit fields may start. */
    NdrWriter align() {
        out.align(0, 4);
        return this;
    }

    /** A context handle, or 20 zeros. */
    NdrWriter handle(Blob handle) {
        out.align(0, 4).blob(handle);
        return this;
    }

    /** A pointer to something that is written later: any number that no other one has. */
    NdrWriter pointer() {
        referents += 4;
        return u32(referents);
    }

    /** A pointer to nothing. */
    NdrWriter none() {
        return u32(0);
    }

    /** A conformant and varying string of UTF-16 with its terminator. */
    NdrWriter string(String text) {
        int count = text.length() + 1;
        u32(count).u32(0).u32(count);
        out.utf16(text).u16(0);
        return this;
    }

    /** RPC_UNICODE_STRING, [MS-DTYP] 2.3.10: what it points to goes by {@link #characters}. */
    NdrWriter unicodeString(String text) {
        return u16(2 * text.length()).u16(2 * text.length()).pointer();
    }

    /** What an RPC_UNICODE_STRING points to. */
    NdrWriter characters(String text) {
        u32(text.length()).u32(0).u32(text.length());
        out.utf16(text);
        return this;
    }

    /** A conformant and varying string of bytes that is empty. */
    NdrWriter emptyByteString(int room) {
        return u32(room).u32(0).u32(1).u8(0);
    }

    /** RPC_SID, [MS-DTYP] 2.4.2.3: the count of its parts in front. */
    NdrWriter sid(Sid sid) {
        u32(sid.subAuthorities().size());
        out.bytes(sid.toBytes());
        return this;
    }

    Blob toBlob() {
        return out.toBlob();
    }
}
