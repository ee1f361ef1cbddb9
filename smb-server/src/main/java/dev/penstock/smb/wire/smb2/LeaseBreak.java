package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;

/** OPLOCK_BREAK for leases. [MS-SMB2] 2.2.23.2 notification, 2.2.24.2 acknowledgment, 2.2.25.2 response. */
public final class LeaseBreak {
    /** Flag of a notification: the client must answer. */
    public static final int ACK_REQUIRED = 0x1;

    static final int ACKNOWLEDGMENT_SIZE = 36;
    static final int NOTIFICATION_SIZE = 44;

    private LeaseBreak() {}

    /**
     * The server's notification.
     *
     * @param newEpoch 0 for leases of version 1
     */
    public record Notification(int newEpoch, int flags, Guid leaseKey, int currentState, int newState)
            implements Smb2Response {
        static Notification decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, NOTIFICATION_SIZE);
            return new Notification(body.u16(2), body.i32(4), body.guid(8), body.i32(24), body.i32(28));
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(NOTIFICATION_SIZE)
                    .u16(newEpoch)
                    .i32(flags)
                    .guid(leaseKey)
                    .i32(currentState)
                    .i32(newState)
                    .zeros(12); // BreakReason, AccessMaskHint, ShareMaskHint: reserved
        }
    }

    /** The client's acknowledgment. */
    public record Acknowledgment(int flags, Guid leaseKey, int leaseState, long leaseDuration) implements Smb2Request {
        static Acknowledgment decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, ACKNOWLEDGMENT_SIZE);
            return new Acknowledgment(body.i32(4), body.guid(8), body.i32(24), body.i64(28));
        }

        @Override
        public Command command() {
            return Command.OPLOCK_BREAK;
        }

        @Override
        public void encode(WireWriter out) {
            write(out, flags, leaseKey, leaseState);
        }
    }

    /** The server's response to the acknowledgment. */
    public record Response(Guid leaseKey, int leaseState) implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, ACKNOWLEDGMENT_SIZE);
            return new Response(body.guid(8), body.i32(24));
        }

        @Override
        public void encode(WireWriter out) {
            write(out, 0, leaseKey, leaseState);
        }
    }

    private static void write(WireWriter out, int flags, Guid key, int state) {
        out.u16(ACKNOWLEDGMENT_SIZE).u16(0).i32(flags).guid(key).i32(state).i64(0);
    }
}
