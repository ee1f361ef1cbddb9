package dev.penstock.rdma.rdmap;

import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What carriers that stand on sockets take from the machine they run on: sockets, time, and a thread beside those that own queues. A simulation
 * has its own, and runs the carriers unchanged on a virtual clock. Thread-safe.
 */
public interface Machine {
    /** Something done over and over until it is closed. */
    @FunctionalInterface
    interface Repeated extends AutoCloseable {
        /** Not again; does not wait for a turn that is under way. */
        @Override
        void close();
    }

    /** The machine under this process. */
    Machine REAL = new Machine() {
        @Override
        public SelectorProvider sockets() {
            return SelectorProvider.provider();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void nap(long nanos) {
            LockSupport.parkNanos(nanos);
        }

        @Override
        public void giveWay() {
            Thread.yield();
        }

        @Override
        public Repeated repeat(String name, long nanos, Runnable task) {
            var thread = Executors.newSingleThreadScheduledExecutor(work -> {
                var made = new Thread(work, name);
                made.setDaemon(true);
                return made;
            });
            var _ = thread.scheduleAtFixedRate(task, nanos, nanos, TimeUnit.NANOSECONDS);
            return thread::shutdownNow;
        }
    };

    /** Where sockets and selectors come from. */
    SelectorProvider sockets();

    /** The time, in nanoseconds from an arbitrary start. */
    long nanoTime();

    /** Lets the caller's thread rest for about so long. */
    void nap(long nanos);

    /** Lets others run that want to, and goes on. */
    void giveWay();

    /**
     * Has something done on a thread of its own.
     *
     * @param name of the thread
     * @param nanos between two turns, and before the first
     */
    Repeated repeat(String name, long nanos, Runnable task);
}
