package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/**
 * The 64 bytes before every message. [MS-SMB2] 2.2.1. The signature is left to those who have the bytes.
 *
 * @param status of a response; in a request, ChannelSequence in the low 16 bits
 * @param command code, which need not be a defined one
 * @param credits asked for or granted
 * @param nextCommand bytes to the next message of a compound, 0 for the last
 * @param asyncId only with {@link #ASYNC}
 * @param treeId only without it
 */
public record Header(
        int creditCharge,
        int status,
        int command,
        int credits,
        int flags,
        int nextCommand,
        long messageId,
        long asyncId,
        int treeId,
        long sessionId) {
    /** Bytes of a header. */
    public static final int SIZE = 64;

    /** Where the 16 bytes of the signature are. */
    public static final int SIGNATURE = 48;

    /** First four bytes, 0xFE 'S' 'M' 'B'. */
    public static final int PROTOCOL_ID = 0x424D53FE;

    /** Set in responses. */
    public static final int SERVER_TO_REDIR = 0x1;

    /** The header is of the asynchronous form. */
    public static final int ASYNC = 0x2;

    /** The message uses session, tree and file of the one before it. */
    public static final int RELATED = 0x4;

    /** The message is signed. */
    public static final int SIGNED = 0x8;

    /** The path is to be looked up in DFS. */
    public static final int DFS = 0x10000000;

    /** A request that is sent again after a channel was lost. */
    public static final int REPLAY = 0x20000000;

    /** Where Flags is. */
    public static final int FLAGS = 16;

    /** Where NextCommand is. */
    public static final int NEXT_COMMAND = 20;

    /** Reads a header at the start of the memory. */
    public static Header decode(WireReader message) throws MalformedMessage {
        WireReader.require(message.i32(0) == PROTOCOL_ID, "not an SMB2 message");
        WireReader.require(message.u16(4) == SIZE, "header's StructureSize");
        int flags = message.i32(FLAGS);
        boolean async = (flags & ASYNC) != 0;
        return new Header(
                message.u16(6),
                message.i32(8),
                message.u16(12),
                message.u16(14),
                flags,
                message.i32(NEXT_COMMAND),
                message.i64(24),
                async ? message.i64(32) : 0,
                async ? 0 : message.i32(36),
                message.i64(40));
    }

    /** Writes the header with a signature of zeros. */
    public void encode(WireWriter out) {
        out.i32(PROTOCOL_ID)
                .u16(SIZE)
                .u16(creditCharge)
                .i32(status)
                .u16(command)
                .u16(credits)
                .i32(flags)
                .i32(nextCommand)
                .i64(messageId);
        if (has(ASYNC)) {
            out.i64(asyncId);
        } else {
            out.i32(0xFEFF).i32(treeId);
        }
        out.i64(sessionId).zeros(16);
    }

    /** True where the flag is set. */
    public boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
