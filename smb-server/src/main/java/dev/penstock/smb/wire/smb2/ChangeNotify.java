package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** CHANGE_NOTIFY. [MS-SMB2] 2.2.35 request, 2.2.36 response. */
public final class ChangeNotify {
    /** Flags: the whole tree below the directory. */
    public static final int WATCH_TREE = 0x1;

    private static final int REQUEST_SIZE = 32;

    private ChangeNotify() {}

    /** The request. */
    public record Request(int flags, long outputBufferLength, FileId file, int completionFilter)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            return new Request(body.u16(2), body.u32(4), FileId.decode(body, 8), body.i32(24));
        }

        @Override
        public Command command() {
            return Command.CHANGE_NOTIFY;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u16(flags).i32((int) outputBufferLength);
            file.encode(out);
            out.i32(completionFilter).i32(0);
        }
    }

    /**
     * The response; the changes themselves are the payload that goes with it.
     *
     * @param output where the changes are in the message
     */
    public record Response(Span output) implements Smb2Response {
        /** A response with that many bytes. */
        public static Response of(int length) {
            return new Response(new Span(Smb2Response.BUFFER_OFFSET, length));
        }

        static Response decode(WireReader body) throws MalformedMessage {
            return new Response(Smb2Response.decodeBuffer(body));
        }

        @Override
        public void encode(WireWriter out) {
            Smb2Response.encodeBuffer(out, output.length());
        }
    }
}
