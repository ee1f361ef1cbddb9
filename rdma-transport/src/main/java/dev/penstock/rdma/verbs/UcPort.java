package dev.penstock.rdma.verbs;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.thunderbolt.FramePort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** An unreliable connected queue pair with its frames in one registration. Of the owner's thread. */
final class UcPort implements FramePort {
    /** Completions that a poll takes: as many frames as a window has, so that one acknowledgement is enough for them. */
    private static final int BATCH = 256;

    private static final long FOUR_GIB = 1L << 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final UcAdapter.Place place;
    private final int depth;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final ByteBuffer[] frames;
    private final MemorySegment mr;
    private final MemorySegment cq;
    private final MemorySegment qp;
    private final UcAddress address;
    private final MemorySegment bad = arena.allocate(ValueLayout.ADDRESS);
    private final RequestList sends;
    private final RequestList receives;
    /** Slots of frames that have left our hands, in their order: the completion of the last of a list is one of them all. */
    private final int[] under;

    private long underFrom;
    private long underTo;
    private final MemorySegment postSend;
    private final MemorySegment postReceive;
    private final MemorySegment pollCq;
    private final MemorySegment completions = arena.allocate(Structs.WC * BATCH, 8);
    private boolean closed;

    UcPort(UcAdapter.Place place, int depth) throws RdmaException {
        this.place = place;
        this.depth = depth;
        place.adapter().takePair();
        this.memory = frameMemory(2L * depth * FRAME, arena);
        this.frames = new ByteBuffer[2 * depth];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = memory.asSlice((long) i * FRAME, FRAME).asByteBuffer();
        }
        // Apple's provider is said to refuse a registration that may only be written locally; nobody is given its key.
        int access = Verbs.LOCAL_WRITE | Verbs.REMOTE_READ | Verbs.REMOTE_WRITE;
        MemorySegment registered = null;
        MemorySegment completionQueue = null;
        MemorySegment pair = null;
        try {
            registered = Verbs.registerMr(place.adapter().pd(), memory, access);
            completionQueue = Verbs.createCq(place.adapter().context(), 2 * depth, 0, MemorySegment.NULL);
            pair = UcVerbs.createQp(place.adapter().pd(), completionQueue, depth, depth);
            UcVerbs.toInit(pair, place.port(), access);
            this.address =
                    new UcAddress(Structs.i32(pair, Structs.QP_QP_NUM), RANDOM.nextInt(), place.mtu(), place.gid());
        } catch (RdmaException e) {
            release(pair, registered, completionQueue);
            throw e;
        }
        this.mr = registered;
        this.cq = completionQueue;
        this.qp = pair;
        int key = Structs.i32(mr, Structs.MR_LKEY);
        int longest = VerbsLibrary.HERE.list();
        this.receives = RequestList.ofReceives(arena, memory.asSlice(0, (long) depth * FRAME), key, longest);
        this.sends = RequestList.ofSends(arena, memory.asSlice((long) depth * FRAME), key, longest);
        this.under = new int[depth];
        MemorySegment context = place.adapter().context();
        this.postSend = Structs.pointer(context, Structs.CONTEXT_POST_SEND);
        this.postReceive = Structs.pointer(context, Structs.CONTEXT_POST_RECV);
        this.pollCq = Structs.pointer(context, Structs.CONTEXT_POLL_CQ);
    }

    /** Not across a multiple of 4 GiB: Apple's provider keeps only the low half of an address beside the key. */
    private static MemorySegment frameMemory(long bytes, Arena arena) {
        MemorySegment memory = Regions.map(2 * bytes, arena);
        boolean crosses = memory.address() / FOUR_GIB != (memory.address() + bytes - 1) / FOUR_GIB;
        return memory.asSlice(crosses ? bytes : 0, bytes);
    }

    @Override
    public byte[] address() {
        return address.encode();
    }

    @Override
    public void connect(byte[] peer) throws RdmaException {
        var other = UcAddress.decode(peer);
        UcVerbs.toReceive(qp, place.port(), place.gidIndex(), Math.min(place.mtu(), other.mtu()), other);
        UcVerbs.toSend(qp, address.sequence());
    }

    @Override
    public int receives() {
        return depth;
    }

    @Override
    public int sends() {
        return depth;
    }

    @Override
    public ByteBuffer receiveFrame(int slot) {
        return frames[slot];
    }

    @Override
    public ByteBuffer sendFrame(int slot) {
        return frames[depth + slot];
    }

    @Override
    public void postReceive(int slot) {
        receives.add(slot, FRAME);
        if (receives.isFull()) {
            post(postReceive, receives);
        }
    }

    @Override
    public void send(int slot, int bytes) {
        sends.add(slot, bytes);
        under[(int) (underTo++ % depth)] = slot;
        if (sends.isFull()) {
            flush();
        }
    }

    /** Receives first: the frames say that they are posted. */
    @Override
    public void flush() {
        post(postReceive, receives);
        post(postSend, sends);
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
            // The queues are as deep as there are frames, so this is no lack of room.
            throw new IllegalStateException("the adapter took no more work: " + Native.describe(errno));
        }
    }

    @Override
    public boolean poll(Completions into) {
        int n;
        try {
            n = (int) Native.POLL_CQ.invokeExact(pollCq, cq, BATCH, completions);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        for (int i = 0; i < n; i++) {
            MemorySegment completion = completions.asSlice(i * Structs.WC, Structs.WC);
            long work = Structs.i64(completion, Structs.WC_WR_ID);
            boolean succeeded = Structs.i32(completion, Structs.WC_STATUS) == 0;
            if (RequestList.isSend(work)) {
                sent(RequestList.slot(work), into);
            } else if (succeeded) {
                into.received(RequestList.slot(work), Structs.i32(completion, Structs.WC_BYTE_LEN));
            }
            // A receive that failed was flushed: the pair is broken, and the silence that follows says so.
        }
        return n > 0;
    }

    private void sent(int last, Completions into) {
        while (underFrom != underTo) {
            int slot = under[(int) (underFrom++ % depth)];
            into.sent(slot);
            if (slot == last) {
                return;
            }
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            release(qp, mr, cq);
        }
    }

    /** In the order that Apple's driver wants; a pair is not moved to the error state first, or its registrations stay. */
    private void release(
            @Nullable MemorySegment pair, @Nullable MemorySegment registration, @Nullable MemorySegment queue) {
        if (pair != null) {
            UcVerbs.destroyQp(pair);
        }
        if (registration != null) {
            Verbs.deregisterMr(registration);
        }
        if (queue != null) {
            Verbs.destroyCq(queue);
        }
        arena.close();
        place.adapter().givePairBack();
    }
}
