package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** SESSION_SETUP. [MS-SMB2] 2.2.5 request, 2.2.6 response. */
public final class SessionSetup {
    /** Request flag: bind this connection to an existing session. */
    public static final int FLAG_BINDING = 0x1;

    /** SessionFlags: guest. */
    public static final int SESSION_IS_GUEST = 0x1;

    /** SessionFlags: everything is to be encrypted. */
    public static final int SESSION_ENCRYPT_DATA = 0x4;

    /** A security token of 64 KiB is the most that any mechanism needs. */
    public static final int MAX_TOKEN = 64 << 10;

    private static final int REQUEST_SIZE = 25;
    private static final int RESPONSE_SIZE = 9;
    private static final int REQUEST_BUFFER = Header.SIZE + 24;
    private static final int RESPONSE_BUFFER = Header.SIZE + 8;

    private SessionSetup() {}

    /** The request. */
    public record Request(int flags, int securityMode, int capabilities, long previousSessionId, Blob token)
            implements Smb2Request {
        /** Whether the connection is to be bound to a session that is there already. */
        public boolean binds() {
            return (flags & FLAG_BINDING) != 0;
        }

        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            int length = body.u16(14);
            return new Request(
                    body.u8(2), body.u8(3), body.i32(4), body.i64(16), body.blob(body.span(body.u16(12), length)));
        }

        @Override
        public Command command() {
            return Command.SESSION_SETUP;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u8(flags).u8(securityMode).i32(capabilities).i32(0);
            out.u16(REQUEST_BUFFER).u16(token.length()).i64(previousSessionId).blob(token);
        }
    }

    /** The response. */
    public record Response(int sessionFlags, Blob token) implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            return new Response(body.u16(2), body.blob(body.span(body.u16(4), body.u16(6))));
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(RESPONSE_SIZE).u16(sessionFlags).u16(RESPONSE_BUFFER).u16(token.length());
            out.blob(token).zeros(token.isEmpty() ? 1 : 0);
        }
    }
}
