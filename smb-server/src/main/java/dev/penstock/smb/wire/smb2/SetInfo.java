package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** SET_INFO. [MS-SMB2] 2.2.39 request, 2.2.40 response. InfoType is as in {@link QueryInfo}. */
public final class SetInfo {
    private static final int REQUEST_SIZE = 33;
    private static final int RESPONSE_SIZE = 2;
    private static final int REQUEST_BUFFER = Header.SIZE + 32;

    private SetInfo() {}

    /** The request. */
    public record Request(int infoType, int fileInfoClass, Blob buffer, int additionalInformation, FileId file)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            Span buffer = body.span(body.u16(8), body.u32(4));
            return new Request(body.u8(2), body.u8(3), body.blob(buffer), body.i32(12), FileId.decode(body, 16));
        }

        @Override
        public Command command() {
            return Command.SET_INFO;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u8(infoType).u8(fileInfoClass).i32(buffer.length());
            out.u16(REQUEST_BUFFER).u16(0).i32(additionalInformation);
            file.encode(out);
            out.blob(buffer).zeros(buffer.isEmpty() ? 1 : 0);
        }
    }

    /** The response. */
    public record Response() implements Smb2Response {
        @Override
        public void encode(WireWriter out) {
            out.u16(RESPONSE_SIZE);
        }
    }
}
