package dev.penstock.rdma.sim;

import dev.penstock.rdma.rdmap.SoftCompletionQueue;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A completion queue over an inbox of timed events. Owned by the thread that polls; the inbox is for all. */
final class SimQueue extends SoftCompletionQueue implements SimNetwork.Timed {
    private record Event(long time, long sequence, Runnable action) {}

    private final SimNetwork network;
    private final SimHost host;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PriorityQueue<Event> inbox =
            new PriorityQueue<>(Comparator.comparingLong(Event::time).thenComparingLong(Event::sequence));
    private boolean woken;
    private final ArrayDeque<SimLink> dirty = new ArrayDeque<>();

    SimQueue(SimNetwork network, SimHost host, int depth) {
        super(depth);
        this.network = network;
        this.host = host;
        network.add(this);
    }

    /** Has the owner do something at a time; answers what {@link #cancel} takes. */
    Object at(long time, Runnable action) {
        var event = new Event(time, network.nextSequence(), action);
        lock.lock();
        try {
            inbox.add(event);
            changed.signal();
        } finally {
            lock.unlock();
        }
        return event;
    }

    /** Forgets an event, so that a virtual clock does not leap to it. */
    void cancel(Object event) {
        lock.lock();
        try {
            inbox.remove(event);
        } finally {
            lock.unlock();
        }
    }

    SimHost host() {
        return host;
    }

    void dirty(SimLink link) {
        dirty.add(link);
    }

    @Override
    public long nextEvent() {
        lock.lock();
        try {
            if (woken) {
                // Something waits for this queue's owner: the clock must not leap over it.
                return host.seen(network.nanoTime());
            }
            var first = inbox.peek();
            return host.seen(first == null ? Long.MAX_VALUE : first.time);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Runnable takeDue() {
        lock.lock();
        try {
            var first = inbox.peek();
            if (first == null || first.time - network.nanoTime() > 0 || !host.runs(network.nanoTime())) {
                return null;
            }
            inbox.remove();
            return first.action;
        } finally {
            lock.unlock();
        }
    }

    @Override
    protected void progress() {
        if (network.virtualTime()) {
            heard();
        }
        if (!host.gone() && !host.runs(network.nanoTime())) {
            network.advance(host.seen(network.nanoTime()));
            return;
        }
        flushDirty();
        var action = takeDue();
        if (action == null && network.virtualTime()) {
            network.advance(Long.MAX_VALUE == nextEvent() ? network.nanoTime() : nextEvent());
            action = takeDue();
        }
        for (; action != null; action = takeDue()) {
            action.run();
        }
        flushDirty();
    }

    /** What a wake-up announced has been looked at: this poll comes after it. */
    private void heard() {
        lock.lock();
        try {
            woken = false;
        } finally {
            lock.unlock();
        }
    }

    private void flushDirty() {
        for (int n = dirty.size(); n > 0; n--) {
            dirty.remove().transmit();
        }
    }

    @Override
    public boolean await(long nanos) {
        checkOwner();
        if (ready() || !dirty.isEmpty()) {
            return true;
        }
        if (network.virtualTime()) {
            network.rest();
            network.advance(network.nanoTime() + nanos);
            return nextEvent() <= network.nanoTime();
        }
        return park(nanos);
    }

    private boolean park(long nanos) {
        long left = nanos;
        lock.lock();
        try {
            while (!woken && left > 0) {
                var first = inbox.peek();
                long due = first == null ? left : first.time - System.nanoTime();
                if (due <= 0) {
                    return true;
                }
                long before = System.nanoTime();
                changed.await(Math.min(left, due), TimeUnit.NANOSECONDS);
                left -= System.nanoTime() - before;
            }
            boolean was = woken;
            woken = false;
            return was;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void wakeup() {
        lock.lock();
        try {
            woken = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long nanoTime() {
        return network.nanoTime();
    }

    @Override
    public void close() {
        network.remove(this);
    }
}
