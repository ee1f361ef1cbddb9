package dev.penstock.smb.state;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.wire.smb2.FileId;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** An open in its session's table, and the calls under way on it: its end waits for them. Thread-safe. */
public final class OpenEntry {
    /** Added to the number of calls once no more may start. */
    private static final int ENDING = Integer.MIN_VALUE;

    private final FileId id;
    private final Open open;
    private final Tree tree;
    private final AtomicInteger calls = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Runnable> searches = new ArrayDeque<>();
    private final ChannelSequence sequence = new ChannelSequence();
    private final LockSequence locks = new LockSequence();
    private final InTurn writes = new InTurn();
    private boolean searching;
    private volatile @Nullable Runnable whenIdle;
    private volatile @Nullable DurableHandle durable;
    private volatile @Nullable Runnable whenDetached;

    OpenEntry(FileId id, Open open, Tree tree) {
        this.id = id;
        this.open = open;
        this.tree = tree;
    }

    /** The handle that the client has. */
    public FileId id() {
        return id;
    }

    /** What is open. */
    public Open open() {
        return open;
    }

    /** Through which tree it was opened. */
    public Tree tree() {
        return tree;
    }

    /** What was sent again after a channel was lost. */
    public ChannelSequence sequence() {
        return sequence;
    }

    /** The lock requests that were answered already. */
    public LockSequence locks() {
        return locks;
    }

    /** Whose turn it is to write. */
    public InTurn writes() {
        return writes;
    }

    /** What is kept for a client that loses its connection; null where nothing is. */
    public @Nullable DurableHandle durable() {
        return durable;
    }

    /**
     * The handle outlives the connection, or may be asked for again. Before the handle is given to anybody.
     *
     * @param detached runs when the client is gone and the handle waits for it
     */
    public void durable(DurableHandle handle, Runnable detached) {
        whenDetached = detached;
        durable = handle;
    }

    /** The client is gone. */
    public void detached() {
        Runnable task = whenDetached;
        if (task != null) {
            task.run();
        }
    }

    /** A call starts; false where the open is being closed. */
    public boolean enter() {
        if (calls.incrementAndGet() > 0) {
            return true;
        }
        leave();
        return false;
    }

    /** A call has returned. */
    public void leave() {
        if (calls.decrementAndGet() == ENDING) {
            runWhenIdle();
        }
    }

    /**
     * Runs the task as soon as no call is under way, on the thread that finds that out. Called once, by whoever took the entry out of its
     * table; no call starts any more.
     */
    public void whenIdle(Runnable task) {
        whenIdle = task;
        if (calls.addAndGet(ENDING) == ENDING) {
            runWhenIdle();
        }
    }

    private void runWhenIdle() {
        Runnable task;
        lock.lock();
        try {
            task = whenIdle;
            whenIdle = null;
        } finally {
            lock.unlock();
        }
        if (task != null) {
            task.run();
        }
    }

    /** Runs a search, or what else has to keep its order, now or when the one before it has ended. */
    public void search(Runnable start) {
        lock.lock();
        try {
            if (searching) {
                searches.add(start);
                return;
            }
            searching = true;
        } finally {
            lock.unlock();
        }
        start.run();
    }

    /** A search has ended. */
    public void searchEnded() {
        Runnable next;
        lock.lock();
        try {
            next = searches.poll();
            searching = next != null;
        } finally {
            lock.unlock();
        }
        if (next != null) {
            next.run();
        }
    }
}
