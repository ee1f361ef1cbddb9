package dev.penstock.smbdirect;

import dev.penstock.memory.Lease;
import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.QueuePair;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a connection: posted receives, the credits that they are to the peer, and reassembly. Of the poller's thread.
 *
 * <p>A message of one fragment is handed out where it was received as long as more than half of the receives are posted, and copied
 * into a slab below that, so that a user who holds many messages slows the peer down but does not stop it. When the pool is empty, what
 * came waits in its receive buffers; the peer runs out of credits and waits too.
 */
final class Inbound {
    /** A fragment that waits for memory. */
    private record Fragment(int slot, DataTransfer header) {}

    private final Link link;
    private final SmbDirectConfig config;
    private final SlabPool pool;
    private final BufferStripes.Stripe stripe;
    private final QueuePair pair;
    private final int[] freeSlots;
    private int freeCount;
    private int receiveBytes;
    private int maxMessage;

    /** Receives that are posted, and those of them that the peer knows of. */
    private int posted;

    private int granted;
    private int target;
    private int lent;
    private boolean noMore;
    private boolean over;

    private @Nullable Lease assembling;
    private int assembled;
    private long missing;
    private final ArrayDeque<Fragment> stalled = new ArrayDeque<>();

    Inbound(Link link, SmbDirectConfig config, SlabPool pool, BufferStripes.Stripe stripe, QueuePair pair) {
        this.link = link;
        this.config = config;
        this.pool = pool;
        this.stripe = stripe;
        this.pair = pair;
        this.receiveBytes = config.messageSize();
        this.freeSlots = new int[config.credits()];
        for (int i = 0; i < freeSlots.length; i++) {
            freeSlots[freeCount++] = i;
        }
    }

    /** Posts the receive for the negotiate message, which costs no credit. */
    void postFirst() {
        post();
    }

    /** The negotiation is over: from here on receives are credits. */
    void open(int receiveSize, int fragmentedSize, int peerRequested) {
        receiveBytes = receiveSize;
        maxMessage = fragmentedSize;
        wanted(peerRequested);
    }

    /** The negotiate message has been dealt with. */
    void release(int slot) {
        posted--;
        freeSlots[freeCount++] = slot;
    }

    MemorySegment bytes(int slot, long length) {
        return span(slot, length).memory();
    }

    private LocalSpan span(int slot, long length) {
        return stripe.region().span(stripe.offset() + (long) slot * config.messageSize(), length);
    }

    private void post() {
        int slot = freeSlots[--freeCount];
        pair.postReceive(slot, span(slot, receiveBytes));
        posted++;
    }

    private void wanted(int peerRequested) {
        target = Math.min(config.credits(), peerRequested);
        while (posted < target && freeCount > 0 && !noMore && !over) {
            post();
        }
    }

    /** Credits to grant with the next message, which is then sent. */
    int takeGrant() {
        int grant = posted - granted;
        granted = posted;
        return grant;
    }

    /** Credits that could be granted now. */
    int grantable() {
        return posted - granted;
    }

    /** Whether the peer should be told of its credits although there is nothing else to say. */
    boolean shouldGrant(boolean afterData) {
        int grantable = grantable();
        boolean worthIt = grantable >= Math.max(2, target / 4);
        // Two ends that answer each other's grants would never stop: an empty message is answered only if the peer is
        // left with nothing.
        boolean urgent = grantable > 0 && granted <= (afterData ? 1 : 0);
        return worthIt || urgent;
    }

    /** Takes a data transfer message; answers its header. */
    DataTransfer received(int slot, long length) throws MalformedPduException {
        posted--;
        granted--;
        if (granted < 0) {
            freeSlots[freeCount++] = slot;
            throw new MalformedPduException("a message without a credit");
        }
        DataTransfer header;
        try {
            header = DataTransfer.decode(bytes(slot, length));
            if (header.creditsRequested() == 0) {
                throw new MalformedPduException("no credits requested");
            }
        } catch (MalformedPduException e) {
            freeSlots[freeCount++] = slot;
            throw e;
        }
        if (header.dataLength() == 0) {
            freeSlots[freeCount++] = slot;
        } else {
            stalled.add(new Fragment(slot, header));
            resume();
        }
        wanted(header.creditsRequested());
        return header;
    }

    /** Goes on with what waits for memory. */
    void resume() throws MalformedPduException {
        for (Fragment next = stalled.peek(); next != null; next = stalled.peek()) {
            if (!take(next)) {
                return;
            }
            stalled.remove();
        }
    }

    /** Repeats what waits for free slots, after some have come back. */
    void replenish() {
        wanted(Math.max(target, 1));
    }

    private boolean take(Fragment fragment) throws MalformedPduException {
        var header = fragment.header;
        long total = header.dataLength() + header.remaining();
        if (assembling == null && header.remaining() == 0) {
            if (total > maxMessage) {
                throw new MalformedPduException("a message of " + total + " bytes");
            }
            return takeWhole(fragment.slot, header);
        }
        if (assembling == null) {
            if (total > maxMessage) {
                throw new MalformedPduException("a message of " + total + " bytes");
            }
            assembling = pool.take(total);
            if (assembling == null) {
                return false;
            }
            assembled = 0;
            missing = total;
        } else if (total != missing) {
            throw new MalformedPduException(total + " bytes to follow instead of " + missing);
        }
        var part = bytes(fragment.slot, header.dataOffset() + (long) header.dataLength())
                .asSlice(header.dataOffset());
        MemorySegment.copy(part, 0, assembling.memory(), assembled, header.dataLength());
        assembled += header.dataLength();
        missing -= header.dataLength();
        freeSlots[freeCount++] = fragment.slot;
        if (missing == 0) {
            var whole = exactly(assembling, assembled);
            assembling = null;
            link.deliver(whole);
        }
        return true;
    }

    private boolean takeWhole(int slot, DataTransfer header) {
        var data = bytes(slot, header.dataOffset() + (long) header.dataLength()).asSlice(header.dataOffset());
        if (posted < target / 2) {
            var copy = pool.take(header.dataLength());
            if (copy != null) {
                MemorySegment.copy(data, 0, copy.memory(), 0, header.dataLength());
                freeSlots[freeCount++] = slot;
                link.deliver(exactly(copy, header.dataLength()));
                return true;
            }
        }
        lent++;
        link.deliver(new Lease(data, () -> link.run(() -> giveBack(slot))));
        return true;
    }

    private static Lease exactly(Lease slab, long length) {
        return new Lease(slab.memory().asSlice(0, length), slab::release);
    }

    private void giveBack(int slot) {
        lent--;
        freeSlots[freeCount++] = slot;
        if (over) {
            link.maybeFinish();
        } else {
            wanted(target);
            link.grantIfDue(true);
        }
    }

    /** A receive was flushed. */
    void flushed(int slot) {
        posted--;
        freeSlots[freeCount++] = slot;
    }

    /** What has arrived is still taken, and no more. */
    void postNoMore() {
        noMore = true;
    }

    /** The connection is over: nothing is posted any more. */
    void end() {
        over = true;
        for (Fragment f : stalled) {
            freeSlots[freeCount++] = f.slot;
        }
        stalled.clear();
        if (assembling != null) {
            assembling.release();
            assembling = null;
        }
    }

    boolean anyPosted() {
        return posted > 0;
    }

    /** Whether the user still has messages that lie in receive buffers. */
    boolean anyLent() {
        return lent > 0;
    }
}
