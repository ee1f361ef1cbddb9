package dev.penstock.smb.state;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after the other, in the order in which they came, on a pool's threads. File systems let one writer into a file at a time: the
 * others would wait for it awake, each on a thread of its own. Thread-safe.
 */
public final class InTurn {
    /** Tasks in a row before those of others get the thread. */
    private static final int MOST_IN_A_ROW = 16;

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    /**
     * Runs a task when its turn comes.
     *
     * @throws RejectedExecutionException where the pool takes nothing more; the task is then not run
     */
    public void execute(Executor pool, Runnable task) {
        lock.lock();
        try {
            if (running) {
                waiting.add(task);
                return;
            }
            running = true;
        } finally {
            lock.unlock();
        }
        try {
            pool.execute(() -> run(pool, task));
        } catch (RejectedExecutionException e) {
            // What came meanwhile was promised to be run: by this thread, since no other takes it.
            run(pool, next());
            throw e;
        }
    }

    private void run(Executor pool, @Nullable Runnable first) {
        int done = 0;
        RuntimeException failure = null;
        for (Runnable task = first; task != null; task = next()) {
            if (++done > MOST_IN_A_ROW) {
                Runnable later = task;
                try {
                    pool.execute(() -> run(pool, later));
                    break;
                } catch (RejectedExecutionException e) {
                    done = 0; // nobody else can take them
                }
            }
            try {
                task.run();
            } catch (RuntimeException e) {
                failure = e; // those behind it are not to blame
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** The next task, or null, after which whoever comes starts anew. */
    private @Nullable Runnable next() {
        lock.lock();
        try {
            Runnable task = waiting.poll();
            running = task != null;
            return task;
        } finally {
            lock.unlock();
        }
    }
}
