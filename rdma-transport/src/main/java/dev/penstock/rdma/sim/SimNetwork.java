package dev.penstock.rdma.sim;

import dev.penstock.rdma.Device;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A network in memory. Thread-safe with the real clock; with a virtual clock of one thread. */
public final class SimNetwork {
    private static final int FIRST_FREE_PORT = 49_152;

    private final FaultPlan faults;
    private final boolean virtualTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Random random;
    private final Map<Integer, SimListener> listeners = new HashMap<>();
    private final List<SimQueue> queues = new ArrayList<>();
    private int nextPort = FIRST_FREE_PORT;
    private long sequence;
    private volatile long now;

    private SimNetwork(long seed, FaultPlan faults, boolean virtualTime) {
        this.random = new Random(seed);
        this.faults = faults;
        this.virtualTime = virtualTime;
    }

    /** With a clock that jumps to the next event whenever nothing is due: one thread drives all. */
    public static SimNetwork virtual(long seed, FaultPlan faults) {
        return new SimNetwork(seed, faults, true);
    }

    /** With the machine's clock, for ends that have threads of their own. */
    public static SimNetwork realTime(long seed, FaultPlan faults) {
        return new SimNetwork(seed, faults, false);
    }

    /** An adapter on this network. */
    public Device device() {
        return new SimDevice(this);
    }

    /** The network's time in nanoseconds. */
    public long nanoTime() {
        return virtualTime ? now : System.nanoTime();
    }

    boolean virtualTime() {
        return virtualTime;
    }

    FaultPlan faults() {
        return faults;
    }

    boolean chance(double share) {
        if (share == 0) {
            return false;
        }
        lock.lock();
        try {
            return random.nextDouble() < share;
        } finally {
            lock.unlock();
        }
    }

    /** How long the next segment takes. */
    long travelNanos() {
        lock.lock();
        try {
            long jitter = faults.jitter().toNanos();
            return faults.latency().toNanos() + (jitter == 0 ? 0 : random.nextLong(jitter + 1));
        } finally {
            lock.unlock();
        }
    }

    /** Events of the same time happen in the order of these. */
    long nextSequence() {
        lock.lock();
        try {
            return sequence++;
        } finally {
            lock.unlock();
        }
    }

    void add(SimQueue queue) {
        lock.lock();
        try {
            queues.add(queue);
        } finally {
            lock.unlock();
        }
    }

    void remove(SimQueue queue) {
        lock.lock();
        try {
            queues.remove(queue);
        } finally {
            lock.unlock();
        }
    }

    InetSocketAddress bind(InetSocketAddress wanted, SimListener listener) throws IOException {
        lock.lock();
        try {
            int port = wanted.getPort() == 0 ? nextPort++ : wanted.getPort();
            if (listeners.putIfAbsent(port, listener) != null) {
                throw new BindException("port " + port + " is in use");
            }
            return new InetSocketAddress(wanted.getAddress(), port);
        } finally {
            lock.unlock();
        }
    }

    void unbind(int port) {
        lock.lock();
        try {
            listeners.remove(port);
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    SimListener listener(int port) {
        lock.lock();
        try {
            return listeners.get(port);
        } finally {
            lock.unlock();
        }
    }

    /** Lets the virtual clock go on to the next event of any queue, but not beyond a limit. */
    void advance(long limit) {
        if (!virtualTime) {
            return;
        }
        lock.lock();
        try {
            long next = limit;
            for (SimQueue queue : queues) {
                next = Math.min(next, queue.nextEvent());
            }
            now = Math.max(now, next);
        } finally {
            lock.unlock();
        }
    }
}
