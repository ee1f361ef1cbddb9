package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** TREE_CONNECT. [MS-SMB2] 2.2.9 request, 2.2.10 response. */
public final class TreeConnect {
    /** Request flag of 3.1.1: the path follows an extension. */
    public static final int FLAG_EXTENSION_PRESENT = 0x4;

    /** ShareType: disk. */
    public static final int TYPE_DISK = 1;

    /** ShareType: named pipes. */
    public static final int TYPE_PIPE = 2;

    /** ShareFlags: no client-side caching. */
    public static final int FLAG_NO_CACHING = 0x30;

    /** ShareFlags: all requests on this tree must be encrypted. */
    public static final int FLAG_ENCRYPT_DATA = 0x8000;

    private static final int REQUEST_SIZE = 9;
    private static final int RESPONSE_SIZE = 16;
    private static final int REQUEST_BUFFER = Header.SIZE + 8;

    private TreeConnect() {}

    /**
     * The request.
     *
     * @param path of the form {@code \\server\share}
     */
    public record Request(int flags, String path) implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            int flags = body.u16(2);
            int offset = body.u16(4);
            if ((flags & FLAG_EXTENSION_PRESENT) != 0) {
                // PathOffset then counts from the end of the fixed part. 2.2.9.1
                offset += REQUEST_BUFFER;
            }
            Span path = body.span(offset, body.u16(6));
            return new Request(flags, body.utf16(path));
        }

        @Override
        public Command command() {
            return Command.TREE_CONNECT;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE)
                    .u16(flags)
                    .u16(REQUEST_BUFFER)
                    .u16(path.length() * 2)
                    .utf16(path);
        }
    }

    /** The response. */
    public record Response(int shareType, int shareFlags, int capabilities, int maximalAccess) implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            return new Response(body.u8(2), body.i32(4), body.i32(8), body.i32(12));
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(RESPONSE_SIZE)
                    .u8(shareType)
                    .u8(0)
                    .i32(shareFlags)
                    .i32(capabilities)
                    .i32(maximalAccess);
        }
    }
}
