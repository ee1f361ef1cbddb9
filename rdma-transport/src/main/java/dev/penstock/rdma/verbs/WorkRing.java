package dev.penstock.rdma.verbs;

import dev.penstock.rdma.WorkCompletion.Opcode;

/** What is posted to one half of a queue pair, in order: the adapter completes it in that order. Of the owner's thread. */
final class WorkRing {
    private final long[] ids;
    private final long[] lengths;
    private final Opcode[] opcodes;
    private long head;
    private long tail;

    WorkRing(int depth) {
        ids = new long[depth];
        lengths = new long[depth];
        opcodes = new Opcode[depth];
    }

    boolean isEmpty() {
        return head == tail;
    }

    void add(long id, Opcode opcode, long length) {
        if (tail - head == ids.length) {
            throw new IllegalStateException("more than " + ids.length + " requests outstanding");
        }
        int at = (int) (tail++ % ids.length);
        ids[at] = id;
        opcodes[at] = opcode;
        lengths[at] = length;
    }

    long id() {
        return ids[oldest()];
    }

    Opcode opcode() {
        return opcodes[oldest()];
    }

    long length() {
        return lengths[oldest()];
    }

    void remove() {
        head++;
    }

    private int oldest() {
        assert head < tail : "a completion of nothing";
        return (int) (head % ids.length);
    }
}
