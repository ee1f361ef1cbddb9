package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;

/** OPLOCK_BREAK for leases. [MS-SMB2] 2.2.24.2. This server grants none yet, so that it has none to break. */
public final class LeaseBreak {
    static final int ACKNOWLEDGMENT_SIZE = 36;

    private LeaseBreak() {}

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
            out.u16(ACKNOWLEDGMENT_SIZE)
                    .u16(0)
                    .i32(flags)
                    .guid(leaseKey)
                    .i32(leaseState)
                    .i64(leaseDuration);
        }
    }
}
