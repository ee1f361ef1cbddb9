package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.WorkCompletion.Opcode;
import org.jspecify.annotations.Nullable;

/**
 * What is posted to one half of a queue pair, in order, and what has become of it. An adapter may finish a message before the READ that was
 * posted ahead of it (siw does); it is told in the order of posting all the same. Of the owner's thread.
 */
final class WorkRing {
    private final long[] ids;
    private final long[] lengths;
    private final Opcode[] opcodes;
    private final @Nullable RdmaStatus[] statuses;
    private long head;
    private long tail;

    WorkRing(int depth) {
        ids = new long[depth];
        lengths = new long[depth];
        opcodes = new Opcode[depth];
        statuses = new RdmaStatus[depth];
    }

    boolean isEmpty() {
        return head == tail;
    }

    /** Adds a request; the answer is the number that the adapter is to know it by. */
    long add(long id, Opcode opcode, long length) {
        if (tail - head == ids.length) {
            throw new IllegalStateException("more than " + ids.length + " requests outstanding");
        }
        int at = (int) (tail % ids.length);
        ids[at] = id;
        opcodes[at] = opcode;
        lengths[at] = length;
        statuses[at] = null;
        return tail++;
    }

    /** The adapter has finished a request. */
    void finished(long number, RdmaStatus status) {
        assert number >= head && number < tail : "a completion of nothing";
        statuses[(int) (number % ids.length)] = status;
    }

    /** The same for a receive, whose message tells the length. */
    void finished(long number, RdmaStatus status, long length) {
        finished(number, status);
        lengths[(int) (number % ids.length)] = length;
    }

    /** How the oldest ended, or null where it has not, or where there is none. */
    @Nullable
    RdmaStatus status() {
        return isEmpty() ? null : statuses[oldest()];
    }

    long number() {
        return head;
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
        return (int) (head % ids.length);
    }
}
