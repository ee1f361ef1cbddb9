package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.penstock.rdma.thunderbolt.FramePort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Work requests for the slots of a port, each with the one span of its frame, laid out once; those that are to be posted next are linked to a list.
 * An adapter has copied them when the call that posts them returns. Of the port's owner.
 */
final class RequestList {
    private static final int SIGNALED = 2;

    /** At the same place in both kinds. */
    private static final long NEXT = Structs.SEND_WR_NEXT;

    /** In a work request's number, which else is the slot. */
    private static final long SEND = 1L << 32;

    private final MemorySegment requests;
    private final MemorySegment spans;
    private final MemorySegment[] each;
    private final long stride;
    private final boolean signals;
    private final int longest;
    private int first;
    private int last;
    private int count;

    private RequestList(Arena arena, MemorySegment frames, int key, long stride, boolean signals, int longest) {
        int slots = (int) (frames.byteSize() / FramePort.FRAME);
        this.stride = stride;
        this.signals = signals;
        this.longest = longest;
        this.requests = arena.allocate(slots * stride, 8);
        this.spans = arena.allocate(slots * Structs.SGE, 8);
        this.each = new MemorySegment[slots];
        for (int i = 0; i < slots; i++) {
            each[i] = requests.asSlice(i * stride, stride);
            long span = i * Structs.SGE;
            Structs.i64(spans, span + Structs.SGE_ADDR, frames.address() + (long) i * FramePort.FRAME);
            Structs.i32(spans, span + Structs.SGE_LKEY, key);
        }
    }

    /** Of receives into those frames. */
    static RequestList ofReceives(Arena arena, MemorySegment frames, int key, int longest) {
        var list = new RequestList(arena, frames, key, Structs.RECV_WR, false, longest);
        for (int i = 0; i < list.each.length; i++) {
            MemorySegment request = list.each[i];
            Structs.i64(request, Structs.RECV_WR_WR_ID, i);
            Structs.pointer(request, Structs.RECV_WR_SG_LIST, list.spans.asSlice(i * Structs.SGE, Structs.SGE));
            Structs.i32(request, Structs.RECV_WR_NUM_SGE, 1);
        }
        return list;
    }

    /** Of sends of those frames. */
    static RequestList ofSends(Arena arena, MemorySegment frames, int key, int longest) {
        var list = new RequestList(arena, frames, key, Structs.SEND_WR, true, longest);
        for (int i = 0; i < list.each.length; i++) {
            MemorySegment request = list.each[i];
            Structs.i64(request, Structs.SEND_WR_WR_ID, SEND | i);
            Structs.pointer(request, Structs.SEND_WR_SG_LIST, list.spans.asSlice(i * Structs.SGE, Structs.SGE));
            Structs.i32(request, Structs.SEND_WR_NUM_SGE, 1);
            Structs.i32(request, Structs.SEND_WR_OPCODE, HardwareQueue.SEND);
        }
        return list;
    }

    /** Whether a completion's number is of a send. */
    static boolean isSend(long work) {
        return (work & SEND) != 0;
    }

    static int slot(long work) {
        return (int) work;
    }

    /** One more, with so many bytes of its frame. */
    void add(int slot, int bytes) {
        long at = slot * stride;
        Structs.i32(spans, slot * Structs.SGE + Structs.SGE_LENGTH, bytes);
        requests.set(JAVA_LONG, at + NEXT, 0);
        if (signals) {
            // Of a list the last alone: its completion says that those before it have left, too.
            Structs.i32(requests, at + Structs.SEND_WR_SEND_FLAGS, SIGNALED);
        }
        if (count == 0) {
            first = slot;
        } else {
            long before = last * stride;
            requests.set(JAVA_LONG, before + NEXT, requests.address() + at);
            if (signals) {
                Structs.i32(requests, before + Structs.SEND_WR_SEND_FLAGS, 0);
            }
        }
        last = slot;
        count++;
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean isFull() {
        return count >= longest;
    }

    /** Where the list begins. */
    MemorySegment first() {
        return each[first];
    }

    void clear() {
        count = 0;
    }
}
