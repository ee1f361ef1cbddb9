package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/**
 * The body of every error, and of the interim STATUS_PENDING. [MS-SMB2] 2.2.2.
 *
 * @param contextCount error contexts in the data; SMB 3.1.1 only
 */
public record ErrorResponse(int contextCount, Blob data) implements Smb2Response {
    /** Without data. */
    public static final ErrorResponse EMPTY = new ErrorResponse(0, Blob.EMPTY);

    private static final int STRUCTURE_SIZE = 9;

    /** The body for a dialect: 3.1.1 wraps data into one error context of the default kind. 2.2.2.1 */
    public static ErrorResponse of(Blob data, boolean smb311) {
        if (data.isEmpty()) {
            return EMPTY;
        }
        if (!smb311) {
            return new ErrorResponse(0, data);
        }
        return new ErrorResponse(
                1,
                new WireWriter(8 + data.length())
                        .i32(data.length())
                        .i32(0)
                        .blob(data)
                        .toBlob());
    }

    /** Reads the body of a message that starts with its header. */
    public static ErrorResponse decode(WireReader message) throws MalformedMessage {
        WireReader body = message.from(Header.SIZE);
        Smb2Request.structureSize(body, STRUCTURE_SIZE);
        return new ErrorResponse(body.u8(2), body.blob(body.span(Header.SIZE + 8, body.u32(4))));
    }

    @Override
    public void encode(WireWriter out) {
        out.u16(STRUCTURE_SIZE).u8(contextCount).u8(0).i32(data.length());
        out.blob(data).zeros(data.isEmpty() ? 1 : 0);
    }
}
