package dev.penstock.rdma.thunderbolt;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The counters of all connections of a device, those that have ended included. Thread-safe. */
final class DeviceCounters {
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Counters> open = new HashSet<>();
    private FrameCounters ended = FrameCounters.NONE;

    /** A connection begins. */
    void add(Counters connection) {
        lock.lock();
        try {
            open.add(connection);
        } finally {
            lock.unlock();
        }
    }

    /** It counts no more. */
    void remove(Counters connection) {
        lock.lock();
        try {
            if (open.remove(connection)) {
                ended = ended.plus(connection.view());
            }
        } finally {
            lock.unlock();
        }
    }

    FrameCounters view() {
        lock.lock();
        try {
            return open.stream().map(Counters::view).reduce(ended, FrameCounters::plus);
        } finally {
            lock.unlock();
        }
    }
}
