package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** FLUSH. [MS-SMB2] 2.2.17 request, 2.2.18 response. */
public final class Flush {
    private static final int REQUEST_SIZE = 24;

    private Flush() {}

    /**
     * The request.
     *
     * @param reserved1 0xFFFF from a Mac that wants the drive's own cache written too
     */
    public record Request(int reserved1, FileId file) implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            return new Request(body.u16(2), FileId.decode(body, 8));
        }

        @Override
        public Command command() {
            return Command.FLUSH;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u16(reserved1).i32(0);
            file.encode(out);
        }
    }

    /** The response. */
    public record Response() implements Smb2Response {
        @Override
        public void encode(WireWriter out) {
            Smb2Response.encodeEmpty(out);
        }
    }
}
