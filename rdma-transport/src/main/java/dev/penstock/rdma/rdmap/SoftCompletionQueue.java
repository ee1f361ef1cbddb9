package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.WorkCompletion;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A completion queue whose provider does its work inside {@link #poll}. Owned by the first thread that polls, awaits or posts. */
public abstract class SoftCompletionQueue implements CompletionQueue {
    private WorkCompletion[] ring;
    private long head;
    private long tail;
    private int attachedDepth;
    private final ArrayDeque<Runnable> events = new ArrayDeque<>();
    private volatile @Nullable Thread owner;

    /** A queue that holds {@code depth} completions. */
    protected SoftCompletionQueue(int depth) {
        if (depth <= 0) {
            throw new IllegalArgumentException("a depth of " + depth);
        }
        this.ring = new WorkCompletion[depth];
        fill(0);
    }

    /** Moves bytes: reads what came, writes what is posted. Never blocks. */
    protected abstract void progress();

    @Override
    public final int poll(WorkCompletion[] into) {
        checkOwner();
        if (head == tail) {
            progress();
        }
        for (Runnable event = events.poll(); event != null; event = events.poll()) {
            event.run();
        }
        int n = 0;
        while (n < into.length && head < tail) {
            into[n++].copyFrom(ring[(int) (head++ % ring.length)]);
        }
        return n;
    }

    /** Whether a poll would find something without any progress. */
    protected final boolean ready() {
        return head != tail || !events.isEmpty();
    }

    /** Fails on any thread but the owner, if assertions are on; the first caller becomes the owner. */
    public final void checkOwner() {
        assert owned() : "the completion queue belongs to " + owner;
    }

    private boolean owned() {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        return owner == Thread.currentThread();
    }

    /** Runs something at the next poll, on the owner. */
    protected final void later(Runnable event) {
        events.add(event);
    }

    final WorkCompletion complete(
            QueuePair pair, WorkCompletion.Opcode opcode, long id, RdmaStatus status, long bytes) {
        if (tail - head == ring.length) {
            grow(ring.length * 2);
        }
        return ring[(int) (tail++ % ring.length)].fill(pair, opcode, id, status, bytes);
    }

    /** Takes room for a queue pair's completions: the depth asked for at first may turn out too small. */
    final void attached(int depth) {
        attachedDepth += depth;
        if (attachedDepth > ring.length) {
            grow(attachedDepth);
        }
    }

    final void detached(int depth) {
        attachedDepth -= depth;
    }

    private void grow(int depth) {
        int old = ring.length;
        var larger = new WorkCompletion[depth];
        for (long i = head; i < tail; i++) {
            larger[(int) (i - head)] = ring[(int) (i % old)];
        }
        tail -= head;
        head = 0;
        ring = Arrays.copyOf(larger, depth);
        fill((int) tail);
    }

    private void fill(int from) {
        for (int i = from; i < ring.length; i++) {
            ring[i] = new WorkCompletion();
        }
    }
}
