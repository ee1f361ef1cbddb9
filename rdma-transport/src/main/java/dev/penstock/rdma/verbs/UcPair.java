package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;

/** An unreliable connected queue pair with its completion queue. Of the owner's thread. */
final class UcPair implements AutoCloseable {
    /** Apple's provider is said to refuse a registration that may only be written locally; nobody is given its key. */
    static final int ACCESS = Verbs.LOCAL_WRITE | Verbs.REMOTE_READ | Verbs.REMOTE_WRITE;

    /** Completions that a poll takes: as many frames as a window has, so that one acknowledgement is enough for them. */
    private static final int BATCH = 256;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final UcAdapter.Place place;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment cq;
    private final MemorySegment qp;
    private final UcAddress address;
    private final MemorySegment bad;
    private final MemorySegment completions;
    private final MemorySegment postSend;
    private final MemorySegment postReceive;
    private final MemorySegment pollCq;

    /**
     * Makes one, of the adapter's number of which one was taken; gives that back where it cannot.
     *
     * @param depth requests in each direction
     */
    UcPair(UcAdapter.Place place, int depth) throws RdmaException {
        this.place = place;
        MemorySegment context = place.adapter().context();
        MemorySegment domain = place.adapter().pd();
        this.bad = arena.allocate(ValueLayout.ADDRESS);
        this.completions = arena.allocate(Structs.WC * BATCH, 8);
        MemorySegment queue = MemorySegment.NULL;
        MemorySegment made = MemorySegment.NULL;
        try {
            queue = Verbs.createCq(context, 2 * depth, 0, MemorySegment.NULL);
            made = UcVerbs.createQp(domain, queue, depth, depth);
            UcVerbs.toInit(made, place.port(), ACCESS);
            this.address =
                    new UcAddress(Structs.i32(made, Structs.QP_QP_NUM), RANDOM.nextInt(), place.mtu(), place.gid());
        } catch (RdmaException e) {
            if (!made.equals(MemorySegment.NULL)) {
                UcVerbs.destroyQp(made);
            }
            if (!queue.equals(MemorySegment.NULL)) {
                Verbs.destroyCq(queue);
            }
            giveBack();
            throw e;
        }
        this.cq = queue;
        this.qp = made;
        this.postSend = Structs.pointer(context, Structs.CONTEXT_POST_SEND);
        this.postReceive = Structs.pointer(context, Structs.CONTEXT_POST_RECV);
        this.pollCq = Structs.pointer(context, Structs.CONTEXT_POLL_CQ);
    }

    /** Of its requests and what else its owner wants until it is closed. */
    Arena arena() {
        return arena;
    }

    byte[] address() {
        return address.encode();
    }

    void connect(byte[] peer) throws RdmaException {
        var other = UcAddress.decode(peer);
        UcVerbs.toReceive(qp, place.port(), place.gidIndex(), Math.min(place.mtu(), other.mtu()), other);
        UcVerbs.toSend(qp, address.sequence());
    }

    void postReceives(RequestList list) {
        post(postReceive, list);
    }

    void postSends(RequestList list) {
        post(postSend, list);
    }

    private void post(MemorySegment function, RequestList list) {
        if (list.isEmpty()) {
            return;
        }
        int errno;
        try {
            errno = (int) Native.POST.invokeExact(function, qp, list.first(), bad);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        list.clear();
        if (errno != 0) {
            // The queues are as deep as what is posted at a time, so this is no lack of room.
            throw new IllegalStateException("the adapter took no more work: " + Native.describe(errno));
        }
    }

    /** Takes completions, which the methods below tell of until the next; how many. */
    int poll() {
        try {
            return (int) Native.POLL_CQ.invokeExact(pollCq, cq, BATCH, completions);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** A work request's number. */
    long work(int completion) {
        return Structs.i64(completions, completion * Structs.WC + Structs.WC_WR_ID);
    }

    boolean succeeded(int completion) {
        return Structs.i32(completions, completion * Structs.WC + Structs.WC_STATUS) == 0;
    }

    int bytes(int completion) {
        return Structs.i32(completions, completion * Structs.WC + Structs.WC_BYTE_LEN);
    }

    /** From now on the adapter uses no memory of the requests. It is not moved to the error state first, or Apple's keeps its registrations. */
    void end() {
        UcVerbs.destroyQp(qp);
    }

    /** Gives the rest back, once {@link #end} was called and the registrations are gone: the order that Apple's driver wants. */
    @Override
    public void close() {
        Verbs.destroyCq(cq);
        giveBack();
    }

    private void giveBack() {
        arena.close();
        place.adapter().givePairBack();
    }
}
