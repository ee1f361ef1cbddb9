package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.thunderbolt.BulkPort;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** An unreliable connected queue pair for long messages, out of and into what the adapter has pinned. Of the owner's thread. */
final class UcBulkPort implements BulkPort {
    /** Pieces of a transfer at most, each with a request of its own. */
    private static final int SLOTS = Long.SIZE;

    private final PinnedMemory memory;
    private final UcPair pair;
    private final RequestList sends;
    private final RequestList receives;
    private boolean closed;

    /** On a pair that was taken from the adapter's number. */
    UcBulkPort(UcAdapter.Place place) throws RdmaException {
        this.memory = place.adapter().memory();
        this.pair = new UcPair(place, VerbsLibrary.HERE.bulkRequests());
        int longest = VerbsLibrary.HERE.list();
        this.sends = RequestList.ofSends(pair.arena(), SLOTS, longest);
        this.receives = RequestList.ofReceives(pair.arena(), SLOTS, longest);
    }

    @Override
    public byte[] address() {
        return pair.address();
    }

    @Override
    public void connect(byte[] peer) throws RdmaException {
        pair.connect(peer);
    }

    @Override
    public int depth() {
        return VerbsLibrary.HERE.bulkDepth();
    }

    @Override
    public @Nullable Pinned pin(MemorySegment what) {
        return memory.pin(what);
    }

    @Override
    public void receive(int piece, Pinned of, MemorySegment into) {
        receives.aim(piece, into.address(), ((PinnedMemory.Pin) of).key());
        receives.add(piece, (int) into.byteSize());
        if (receives.isFull()) {
            pair.postReceives(receives);
        }
    }

    @Override
    public void send(int piece, Pinned of, MemorySegment from) {
        sends.aim(piece, from.address(), ((PinnedMemory.Pin) of).key());
        sends.add(piece, (int) from.byteSize());
        if (sends.isFull()) {
            pair.postSends(sends);
        }
    }

    @Override
    public void flush() {
        pair.postReceives(receives);
        pair.postSends(sends);
    }

    @Override
    public boolean poll(Completions into) {
        int n = pair.poll();
        for (int i = 0; i < n; i++) {
            if (!pair.succeeded(i)) {
                into.broken(); // and the port is closed
                return true;
            }
            int piece = RequestList.slot(pair.work(i));
            if (RequestList.isSend(pair.work(i))) {
                into.sent(piece);
            } else {
                into.received(piece, pair.bytes(i));
            }
        }
        return n > 0;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pair.end();
            pair.close();
        }
    }
}
