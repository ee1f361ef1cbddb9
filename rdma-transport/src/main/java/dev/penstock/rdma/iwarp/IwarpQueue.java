package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.rdmap.Machine;
import dev.penstock.rdma.rdmap.SocketQueue;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A completion queue over a selector: the work is done by the streams. Owned by the thread that polls. */
final class IwarpQueue extends SocketQueue {
    /** Turns in a row that one stream gets before the others are looked at. */
    private static final int MAX_HOT_TURNS = 32;

    private final ArrayDeque<IwarpStream> dirty = new ArrayDeque<>();
    /**
     * The stream that brought something last. It is read without asking the selector, which saves a system call for each part of a large
     * transfer, and for each message between two ends that wait for each other.
     */
    private @Nullable IwarpStream hot;

    private int hotTurns;

    IwarpQueue(int depth, Machine machine) throws IOException {
        super(depth, machine);
    }

    /** The stream has something to send. */
    void dirty(IwarpStream stream) {
        dirty.add(stream);
    }

    /** The stream has just brought something, so there may soon be more. */
    void hot(IwarpStream stream) {
        hot = stream;
    }

    @Override
    protected void progress() {
        flushDirty();
        if (!hasFound() && hot != null && hotTurns++ < MAX_HOT_TURNS && hot.receiveMore()) {
            flushDirty();
            return;
        }
        hot = null;
        hotTurns = 0;
        selectNow();
        flushDirty();
        expireDue();
    }

    @Override
    protected boolean hasWork() {
        return !dirty.isEmpty();
    }

    @Override
    protected void flush() {
        flushDirty();
    }

    private void flushDirty() {
        // As many as there are now: one that still has more to send goes to the end, and waits for the next poll.
        for (int n = dirty.size(); n > 0; n--) {
            dirty.remove().flushDirty();
        }
    }
}
