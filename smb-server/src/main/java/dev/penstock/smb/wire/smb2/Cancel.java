package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** CANCEL. [MS-SMB2] 2.2.30. It has no response. */
public final class Cancel {
    private static final int SIZE = 4;

    private Cancel() {}

    /** The request. */
    public record Request() implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, SIZE);
            return new Request();
        }

        @Override
        public Command command() {
            return Command.CANCEL;
        }

        @Override
        public void encode(WireWriter out) {
            Smb2Response.encodeEmpty(out);
        }
    }
}
