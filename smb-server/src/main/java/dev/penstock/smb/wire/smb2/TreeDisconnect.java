package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** TREE_DISCONNECT. [MS-SMB2] 2.2.11 request, 2.2.12 response. */
public final class TreeDisconnect {
    private static final int SIZE = 4;

    private TreeDisconnect() {}

    /** The request. */
    public record Request() implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, SIZE);
            return new Request();
        }

        @Override
        public Command command() {
            return Command.TREE_DISCONNECT;
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
