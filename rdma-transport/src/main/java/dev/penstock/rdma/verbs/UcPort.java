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
    private static final int BATCH = 64;
    private static final int SIGNALED = 2;
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
    private final MemorySegment span = arena.allocate(Structs.SGE, 8);
    private final MemorySegment sendRequest = arena.allocate(Structs.SEND_WR, 8);
    private final MemorySegment receiveRequest = arena.allocate(Structs.RECV_WR, 8);
    private final MemorySegment bad = arena.allocate(ValueLayout.ADDRESS);
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
        Structs.pointer(sendRequest, Structs.SEND_WR_SG_LIST, span);
        Structs.i32(sendRequest, Structs.SEND_WR_NUM_SGE, 1);
        Structs.i32(sendRequest, Structs.SEND_WR_OPCODE, HardwareQueue.SEND);
        Structs.i32(sendRequest, Structs.SEND_WR_SEND_FLAGS, SIGNALED);
        Structs.pointer(receiveRequest, Structs.RECV_WR_SG_LIST, span);
        Structs.i32(receiveRequest, Structs.RECV_WR_NUM_SGE, 1);
        int key = Structs.i32(mr, Structs.MR_LKEY);
        Structs.i32(span, Structs.SGE_LKEY, key);
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
        Structs.i64(receiveRequest, Structs.RECV_WR_WR_ID, slot);
        span(slot, FRAME);
        post(Structs.CONTEXT_POST_RECV, receiveRequest);
    }

    @Override
    public void send(int slot, int bytes) {
        Structs.i64(sendRequest, Structs.SEND_WR_WR_ID, depth + slot);
        span(depth + slot, bytes);
        post(Structs.CONTEXT_POST_SEND, sendRequest);
    }

    private void span(int frame, int bytes) {
        Structs.i64(span, Structs.SGE_ADDR, memory.address() + (long) frame * FRAME);
        Structs.i32(span, Structs.SGE_LENGTH, bytes);
    }

    private void post(long function, MemorySegment request) {
        int errno;
        try {
            errno = (int)
                    Native.POST.invokeExact(Structs.pointer(place.adapter().context(), function), qp, request, bad);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        if (errno != 0) {
            // The queues are as deep as there are frames, so this is no lack of room.
            throw new IllegalStateException("the adapter took no more work: " + Native.describe(errno));
        }
    }

    @Override
    public boolean poll(Completions into) {
        int n;
        try {
            n = (int) Native.POLL_CQ.invokeExact(
                    Structs.pointer(place.adapter().context(), Structs.CONTEXT_POLL_CQ), cq, BATCH, completions);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        for (int i = 0; i < n; i++) {
            MemorySegment completion = completions.asSlice(i * Structs.WC, Structs.WC);
            int frame = (int) Structs.i64(completion, Structs.WC_WR_ID);
            boolean succeeded = Structs.i32(completion, Structs.WC_STATUS) == 0;
            if (frame >= depth) {
                into.sent(frame - depth);
            } else if (succeeded) {
                into.received(frame, Structs.i32(completion, Structs.WC_BYTE_LEN));
            }
            // A receive that failed was flushed: the pair is broken, and the silence that follows says so.
        }
        return n > 0;
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
