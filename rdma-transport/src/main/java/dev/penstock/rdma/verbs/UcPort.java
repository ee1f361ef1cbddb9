package dev.penstock.rdma.verbs;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.thunderbolt.FramePort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** An unreliable connected queue pair with its frames in one registration. Of the owner's thread. */
final class UcPort implements FramePort {
    private static final long FOUR_GIB = 1L << 32;

    private final int depth;
    private final ByteBuffer[] frames;
    private final MemorySegment mr;
    private final UcPair pair;
    private final RequestList sends;
    private final RequestList receives;
    /** Slots of frames that have left our hands, in their order: the completion of the last of a list is one of them all. */
    private final int[] under;

    private long underFrom;
    private long underTo;
    private boolean closed;

    /** On a pair that was taken from the adapter's number. */
    UcPort(UcAdapter.Place place, int depth) throws RdmaException {
        this.depth = depth;
        this.pair = new UcPair(place, depth);
        MemorySegment memory = frameMemory(2L * depth * FRAME, pair.arena());
        this.frames = new ByteBuffer[2 * depth];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = memory.asSlice((long) i * FRAME, FRAME).asByteBuffer();
        }
        try {
            this.mr = Verbs.registerMr(place.adapter().pd(), memory, UcPair.ACCESS);
        } catch (RdmaException e) {
            pair.end();
            pair.close();
            throw e;
        }
        int key = Structs.i32(mr, Structs.MR_LKEY);
        int longest = VerbsLibrary.HERE.list();
        long half = (long) depth * FRAME;
        this.receives = RequestList.ofReceives(pair.arena(), depth, longest).of(memory.asSlice(0, half), key);
        this.sends = RequestList.ofSends(pair.arena(), depth, longest).of(memory.asSlice(half), key);
        this.under = new int[depth];
    }

    /** Not across a multiple of 4 GiB: Apple's provider keeps only the low half of an address beside the key. */
    private static MemorySegment frameMemory(long bytes, Arena arena) {
        MemorySegment memory = Regions.map(2 * bytes, arena);
        boolean crosses = memory.address() / FOUR_GIB != (memory.address() + bytes - 1) / FOUR_GIB;
        return memory.asSlice(crosses ? bytes : 0, bytes);
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
            pair.postReceives(receives);
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
        pair.postReceives(receives);
        pair.postSends(sends);
    }

    @Override
    public boolean poll(Completions into) {
        int n = pair.poll();
        for (int i = 0; i < n; i++) {
            long work = pair.work(i);
            if (RequestList.isSend(work)) {
                sent(RequestList.slot(work), into);
            } else if (pair.succeeded(i)) {
                into.received(RequestList.slot(work), pair.bytes(i));
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
            pair.end();
            Verbs.deregisterMr(mr);
            pair.close();
        }
    }
}
