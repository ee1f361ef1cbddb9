package dev.penstock.memory;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The right to use a stretch of memory. Whoever receives a lease releases it exactly once; passing it on passes that duty. {@link #retain}
 * adds a holder, who has a release of its own to make. Thread-safe.
 */
public final class Lease {
    private final MemorySegment memory;
    private final Runnable onFree;
    private final AtomicInteger holders = new AtomicInteger(1);

    /**
     * A lease with one holder.
     *
     * @param onFree runs once, on the thread of the last release
     */
    public Lease(MemorySegment memory, Runnable onFree) {
        this.memory = memory;
        this.onFree = onFree;
    }

    /** The memory; not to be touched after the release. */
    public MemorySegment memory() {
        assert holders.get() > 0 : "used after its release";
        return memory;
    }

    /** Adds a holder. Only a present holder may call it. */
    public Lease retain() {
        if (holders.getAndIncrement() <= 0) {
            throw new IllegalStateException("retained after its release");
        }
        return this;
    }

    /** Adds a holder unless the last one is already gone, in which case the answer is false: a miss, not an error. */
    public boolean tryRetain() {
        int seen = holders.get();
        while (seen > 0) {
            if (holders.compareAndSet(seen, seen + 1)) {
                return true;
            }
            seen = holders.get();
        }
        return false;
    }

    /** Ends one holder's use. */
    public void release() {
        int left = holders.decrementAndGet();
        if (left == 0) {
            onFree.run();
        } else if (left < 0) {
            throw new IllegalStateException("released more often than held");
        }
    }
}
