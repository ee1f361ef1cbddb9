package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** QUERY_DIRECTORY. [MS-SMB2] 2.2.33 request, 2.2.34 response. */
public final class QueryDirectory {
    /** Flags: start again, same pattern. */
    public static final int RESTART_SCANS = 0x1;

    /** Flags: one entry only. */
    public static final int RETURN_SINGLE_ENTRY = 0x2;

    /** Flags: start at FileIndex. */
    public static final int INDEX_SPECIFIED = 0x4;

    /** Flags: start again with this pattern. */
    public static final int REOPEN = 0x10;

    private static final int REQUEST_SIZE = 33;
    private static final int REQUEST_BUFFER = Header.SIZE + 32;

    private QueryDirectory() {}

    /** The request. */
    public record Request(
            int fileInformationClass, int flags, int fileIndex, FileId file, String pattern, long outputBufferLength)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            Span pattern = body.span(body.u16(24), body.u16(26));
            return new Request(
                    body.u8(2), body.u8(3), body.i32(4), FileId.decode(body, 8), body.utf16(pattern), body.u32(28));
        }

        @Override
        public Command command() {
            return Command.QUERY_DIRECTORY;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u8(fileInformationClass).u8(flags).i32(fileIndex);
            file.encode(out);
            out.u16(REQUEST_BUFFER).u16(pattern.length() * 2).i32((int) outputBufferLength);
            out.utf16(pattern).zeros(pattern.isEmpty() ? 1 : 0);
        }

        /** True where the flag is set. */
        public boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    /**
     * The response; the entries themselves are the payload that goes with it.
     *
     * @param output where the entries are in the message
     */
    public record Response(Span output) implements Smb2Response {
        /** A response with that many bytes of entries. */
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
