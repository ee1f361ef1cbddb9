package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.penstock.rdma.thunderbolt.FramePort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Work requests for the slots of a port, each with one span, laid out once; those that are to be posted next are linked to a list.
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

    private RequestList(Arena arena, int slots, long stride, boolean signals, int longest) {
        this.stride = stride;
        this.signals = signals;
        this.longest = longest;
        this.requests = arena.allocate(slots * stride, 8);
        this.spans = arena.allocate(slots * Structs.SGE, 8);
        this.each = new MemorySegment[slots];
        for (int i = 0; i < slots; i++) {
            each[i] = requests.asSlice(i * stride, stride);
        }
    }

    /** Of receives into places that are to be told by {@link #aim}. */
    static RequestList ofReceives(Arena arena, int slots, int longest) {
        var list = new RequestList(arena, slots, Structs.RECV_WR, false, longest);
        for (int i = 0; i < slots; i++) {
            MemorySegment request = list.each[i];
            Structs.i64(request, Structs.RECV_WR_WR_ID, i);
            Structs.pointer(request, Structs.RECV_WR_SG_LIST, list.spans.asSlice(i * Structs.SGE, Structs.SGE));
            Structs.i32(request, Structs.RECV_WR_NUM_SGE, 1);
        }
        return list;
    }

    /** Of sends of what is to be told by {@link #aim}. */
    static RequestList ofSends(Arena arena, int slots, int longest) {
        var list = new RequestList(arena, slots, Structs.SEND_WR, true, longest);
        for (int i = 0; i < slots; i++) {
            MemorySegment request = list.each[i];
            Structs.i64(request, Structs.SEND_WR_WR_ID, SEND | i);
            Structs.pointer(request, Structs.SEND_WR_SG_LIST, list.spans.asSlice(i * Structs.SGE, Structs.SGE));
            Structs.i32(request, Structs.SEND_WR_NUM_SGE, 1);
            Structs.i32(request, Structs.SEND_WR_OPCODE, HardwareQueue.SEND);
        }
        return list;
    }

    /** Its slots are the frames of a port. */
    RequestList of(MemorySegment frames, int key) {
        for (int i = 0; i < each.length; i++) {
            aim(i, frames.address() + (long) i * FramePort.FRAME, key);
        }
        return this;
    }

    /** Where a slot's bytes are. */
    void aim(int slot, long address, int key) {
        long span = slot * Structs.SGE;
        Structs.i64(spans, span + Structs.SGE_ADDR, address);
        Structs.i32(spans, span + Structs.SGE_LKEY, key);
    }

    /** Whether a completion's number is of a send. */
    static boolean isSend(long work) {
        return (work & SEND) != 0;
    }

    static int slot(long work) {
        return (int) work;
    }

    /** One more, with so many bytes of its place. */
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
