package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** Reads parameters in NDR, one behind the other. C706 14. One call. */
final class Ndr {
    private final WireReader stub;
    private int at;

    Ndr(WireReader stub) {
        this.stub = stub;
    }

    int u32() throws MalformedMessage {
        at = (at + 3) & -4;
        int value = stub.i32(at);
        at += 4;
        return value;
    }

    /** A conformant and varying string of UTF-16, without its terminator. */
    String string() throws MalformedMessage {
        u32();
        u32();
        int count = u32();
        WireReader.require(count >= 0 && count <= stub.size() / 2, "NDR: string");
        String text = stub.utf16(stub.span(at, 2L * count));
        at += 2 * count;
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /** A string behind a pointer that may be null, in which case it is empty. */
    String uniqueString() throws MalformedMessage {
        return u32() == 0 ? "" : string();
    }

    /** Writes a conformant and varying string with its terminator. */
    static void string(WireWriter out, String text) {
        int count = text.length() + 1;
        out.i32(count).i32(0).i32(count).utf16(text).u16(0).align(0, 4);
    }
}
