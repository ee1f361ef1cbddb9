package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** QUERY_INFO. [MS-SMB2] 2.2.37 request, 2.2.38 response. */
public final class QueryInfo {
    /** InfoType: of the file. */
    public static final int INFO_FILE = 1;

    /** InfoType: of its volume. */
    public static final int INFO_FILESYSTEM = 2;

    /** InfoType: security descriptor. */
    public static final int INFO_SECURITY = 3;

    /** InfoType: quotas. */
    public static final int INFO_QUOTA = 4;

    private static final int REQUEST_SIZE = 41;
    private static final int REQUEST_BUFFER = Header.SIZE + 40;

    private QueryInfo() {}

    /** The request. */
    public record Request(
            int infoType,
            int fileInfoClass,
            long outputBufferLength,
            int additionalInformation,
            int flags,
            FileId file,
            Blob input)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            Span input = body.span(body.u16(8), body.u32(12));
            return new Request(
                    body.u8(2),
                    body.u8(3),
                    body.u32(4),
                    body.i32(16),
                    body.i32(20),
                    FileId.decode(body, 24),
                    body.blob(input));
        }

        @Override
        public Command command() {
            return Command.QUERY_INFO;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u8(infoType).u8(fileInfoClass).i32((int) outputBufferLength);
            out.u16(input.isEmpty() ? 0 : REQUEST_BUFFER).u16(0).i32(input.length());
            out.i32(additionalInformation).i32(flags);
            file.encode(out);
            out.blob(input).zeros(input.isEmpty() ? 1 : 0);
        }
    }

    /**
     * The response; the information itself is the payload that goes with it.
     *
     * @param output where the information is in the message
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
