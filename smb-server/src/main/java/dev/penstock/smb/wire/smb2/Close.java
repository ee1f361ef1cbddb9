package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** CLOSE. [MS-SMB2] 2.2.15 request, 2.2.16 response. */
public final class Close {
    /** Flags: the response carries the attributes at closing. */
    public static final int POSTQUERY_ATTRIB = 0x1;

    private static final int REQUEST_SIZE = 24;
    private static final int RESPONSE_SIZE = 60;

    private Close() {}

    /** The request. */
    public record Request(int flags, FileId file) implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            return new Request(body.u16(2), FileId.decode(body, 8));
        }

        @Override
        public Command command() {
            return Command.CLOSE;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u16(flags).i32(0);
            file.encode(out);
        }

        /** True where the client asks for the attributes. */
        public boolean postQueryAttributes() {
            return (flags & POSTQUERY_ATTRIB) != 0;
        }
    }

    /** The response: attributes with {@link #POSTQUERY_ATTRIB}, zeros without. Times are FILETIMEs, sizes are in bytes. */
    public record Response(
            int flags,
            long creationTime,
            long lastAccessTime,
            long lastWriteTime,
            long changeTime,
            long allocationSize,
            long endOfFile,
            int fileAttributes)
            implements Smb2Response {
        /** Without attributes. */
        public static final Response PLAIN = new Response(0, 0, 0, 0, 0, 0, 0, 0);

        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            return new Response(
                    body.u16(2),
                    body.i64(8),
                    body.i64(16),
                    body.i64(24),
                    body.i64(32),
                    body.i64(40),
                    body.i64(48),
                    body.i32(56));
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(RESPONSE_SIZE).u16(flags).i32(0);
            out.i64(creationTime).i64(lastAccessTime).i64(lastWriteTime).i64(changeTime);
            out.i64(allocationSize).i64(endOfFile).i32(fileAttributes);
        }
    }
}
