package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** ECHO. [MS-SMB2] 2.2.28 request, 2.2.29 response. */
public final class Echo {
    private static final int SIZE = 4;

    private Echo() {}

    /** The request. */
    public record Request() implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, SIZE);
            return new Request();
        }

        @Override
        public Command command() {
            return Command.ECHO;
        }

        @Override
        public void encode(WireWriter out) {
            Smb2Response.encodeEmpty(out);
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
