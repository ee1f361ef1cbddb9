package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** Handle of an open. [MS-SMB2] 2.2.14.1. */
public record FileId(long persistentId, long volatileId) {
    /** In a related compound: the file of the request before. 3.3.5.2.7.2. */
    public static final FileId PREVIOUS = new FileId(-1, -1);

    /** Reads one, wherever a structure has it. */
    public static FileId decode(WireReader body, int at) throws MalformedMessage {
        return new FileId(body.i64(at), body.i64(at + 8));
    }

    void encode(WireWriter out) {
        out.i64(persistentId).i64(volatileId);
    }
}
