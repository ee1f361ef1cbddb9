package dev.penstock.rdma.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Threads that share a virtual clock, for code that blocks. One runs at a time; whenever it waits the next in the round goes on. So the same seed
 * gives the same run here too.
 */
public final class SimCrew {
    /** What a thread does. */
    @FunctionalInterface
    public interface Work {
        /** Does it. */
        void run() throws Exception;
    }

    private final SimNetwork network;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Thread> threads = new ArrayList<>();
    private @Nullable Throwable failure;
    private int turn;
    private long limit;

    SimCrew(SimNetwork network) {
        this.network = network;
    }

    /**
     * Runs all to their ends.
     *
     * @param limitNanos virtual time that it may take
     * @throws IllegalStateException where one failed: the first
     */
    public void run(long limitNanos, List<Work> works) throws InterruptedException {
        limit = network.nanoTime() + limitNanos;
        for (Work work : works) {
            var name = "crew-" + threads.size();
            threads.add(Thread.ofPlatform().name(name).daemon().unstarted(() -> live(work)));
        }
        var all = List.copyOf(threads);
        network.crew(this);
        all.forEach(Thread::start);
        for (Thread thread : all) {
            thread.join();
        }
        network.crew(null);
        if (failure != null) {
            throw new IllegalStateException("one has failed", failure);
        }
    }

    private void live(Work work) {
        awaitTurn();
        try {
            work.run();
        } catch (Exception | AssertionError e) {
            if (failure == null) {
                failure = e;
            }
        }
        lock.lock();
        try {
            threads.remove(turn);
            turn = threads.isEmpty() ? 0 : turn % threads.size();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The thread that runs waits: the others go on first. */
    public void rest() {
        if (network.nanoTime() > limit || failure != null) {
            throw new IllegalStateException("not done in time, or another has failed");
        }
        lock.lock();
        try {
            turn = (turn + 1) % threads.size();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        awaitTurn();
    }

    /** The same, for so long at least, whatever is due: for whoever waits for something that is not of the network. */
    public void rest(long nanos) {
        rest();
        network.pass(network.nanoTime() + nanos);
    }

    private void awaitTurn() {
        lock.lock();
        try {
            while (!threads.get(turn).equals(Thread.currentThread())) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
