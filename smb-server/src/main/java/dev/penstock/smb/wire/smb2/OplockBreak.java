package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** OPLOCK_BREAK for oplocks. [MS-SMB2] 2.2.23.1 notification, 2.2.24.1 acknowledgment, 2.2.25.1 response; all of one layout. */
public final class OplockBreak {
    private static final int SIZE = 24;

    private OplockBreak() {}

    /** The client's acknowledgment. */
    public record Acknowledgment(int oplockLevel, FileId file) implements Smb2Request {
        static Acknowledgment decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, SIZE);
            return new Acknowledgment(body.u8(2), FileId.decode(body, 8));
        }

        @Override
        public Command command() {
            return Command.OPLOCK_BREAK;
        }

        @Override
        public void encode(WireWriter out) {
            write(out, oplockLevel, file);
        }
    }

    /** The server's notification, or its response to the acknowledgment. */
    public record Response(int oplockLevel, FileId file) implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, SIZE);
            return new Response(body.u8(2), FileId.decode(body, 8));
        }

        @Override
        public void encode(WireWriter out) {
            write(out, oplockLevel, file);
        }
    }

    private static void write(WireWriter out, int oplockLevel, FileId file) {
        out.u16(SIZE).u8(oplockLevel).u8(0).i32(0);
        file.encode(out);
    }
}
