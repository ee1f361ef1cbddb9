package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** IOCTL. [MS-SMB2] 2.2.31 request, 2.2.32 response. */
public final class Ioctl {
    /** Flags: CtlCode is a file system control code. */
    public static final int IS_FSCTL = 0x1;

    private static final int REQUEST_SIZE = 57;
    private static final int RESPONSE_SIZE = 49;
    private static final int REQUEST_BUFFER = Header.SIZE + 56;
    private static final int RESPONSE_BUFFER = Header.SIZE + 48;

    private Ioctl() {}

    /**
     * The request.
     *
     * @param maxOutputResponse bytes of output that the client takes
     */
    public record Request(
            int ctlCode, FileId file, Blob input, long maxInputResponse, long maxOutputResponse, int flags)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            Span input = body.span(body.u32(24), body.u32(28));
            return new Request(
                    body.i32(4), FileId.decode(body, 8), body.blob(input), body.u32(32), body.u32(44), body.i32(48));
        }

        @Override
        public Command command() {
            return Command.IOCTL;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u16(0).i32(ctlCode);
            file.encode(out);
            out.i32(REQUEST_BUFFER).i32(input.length()).i32((int) maxInputResponse);
            out.i32(0).i32(0).i32((int) maxOutputResponse);
            out.i32(flags).i32(0).blob(input).zeros(input.isEmpty() ? 1 : 0);
        }
    }

    /** The response. */
    public record Response(int ctlCode, FileId file, Blob output) implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            Span output = body.span(body.u32(32), body.u32(36));
            return new Response(body.i32(4), FileId.decode(body, 8), body.blob(output));
        }

        @Override
        public void encode(WireWriter out) {
            encodeResponse(out, ctlCode, file, output.length());
            out.blob(output).zeros(output.isEmpty() ? 1 : 0);
        }
    }

    /** A response's fixed part; the output follows. */
    static void encodeResponse(WireWriter out, int ctlCode, FileId file, int outputLength) {
        out.u16(RESPONSE_SIZE).u16(0).i32(ctlCode);
        file.encode(out);
        out.i32(RESPONSE_BUFFER).i32(0).i32(RESPONSE_BUFFER).i32(outputLength);
        out.i32(0).i32(0);
    }
}
