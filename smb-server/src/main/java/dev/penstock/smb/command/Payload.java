package dev.penstock.smb.command;

import dev.penstock.memory.Lease;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The bulk of a response, which follows its body. Whoever ends up with a payload releases it exactly once. */
public sealed interface Payload {
    /** Length in bytes. */
    int length();

    /** Gives the memory back. */
    void release();

    /**
     * Short data on the heap, from the buffer's position to its limit; whoever made it does not touch it again.
     */
    record Bytes(ByteBuffer data) implements Payload {
        @Override
        public int length() {
            return data.remaining();
        }

        @Override
        public void release() {
            // The garbage collector's business.
        }
    }

    /** Part of a slab; the payload owns the lease. */
    record Slab(Lease lease, int offset, int length) implements Payload {
        @Override
        public void release() {
            lease.release();
        }
    }

    /**
     * Part of a file, sent by the kernel. Only where {@link RequestContext#fileRangeWelcome} says so, and only for bytes that are in the
     * file now; should the file shrink before they were sent, the connection ends, since their number was already told.
     *
     * @param whenSent runs once when the channel is no longer needed
     */
    record FileRange(FileChannel file, long position, int length, Runnable whenSent) implements Payload {
        @Override
        public void release() {
            whenSent.run();
        }
    }
}
