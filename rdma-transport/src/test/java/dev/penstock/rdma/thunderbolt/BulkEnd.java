package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.OutgoingSegment;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A connection that sends nothing of its own, and a place that always has ports. */
final class BulkEnd implements Bulk.Connection {
    /** Takes what is posted, and puts what the fuzzer wants into receives. */
    static final class Port implements BulkPort {
        final MemorySegment[] receives = new MemorySegment[Long.SIZE];
        int oldest;
        int posted;

        @Override
        public byte[] address() {
            return new byte[4];
        }

        @Override
        public void connect(byte[] peer) throws IOException {
            if (peer.length != 4) {
                throw new IOException("no address");
            }
        }

        @Override
        public int depth() {
            return Long.SIZE;
        }

        @Override
        public @Nullable Pinned pin(MemorySegment memory) {
            return () -> {};
        }

        @Override
        public void receive(int piece, Pinned of, MemorySegment into) {
            receives[piece] = into;
            posted = piece + 1;
        }

        @Override
        public void send(int piece, Pinned of, MemorySegment from) {
            // It is lost.
        }

        @Override
        public void flush() {
            // Nothing waits.
        }

        @Override
        public boolean poll(Completions into) {
            if (oldest < posted) {
                into.received(oldest, (int) receives[oldest++].byteSize());
                return true;
            }
            return false;
        }

        @Override
        public void close() {
            posted = 0;
            oldest = 0;
        }
    }

    private int ports;

    /** How many ports it was asked for. */
    int ports() {
        return ports;
    }

    BulkPort make() {
        ports++;
        return new Port();
    }

    @Override
    public void landed() {
        // The next may be prepared.
    }

    @Override
    public void delivered(OutgoingSegment segment) {
        throw new AssertionError("nothing was sent");
    }

    @Override
    public void keyClosed(boolean reads) {
        throw new AssertionError("there are no keys");
    }
}
