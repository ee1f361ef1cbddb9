package dev.penstock.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A fixed stock of slabs in a few size classes, each class one contiguous region that stays as long as the pool, so that it can be
 * registered for RDMA once. An empty pool answers with null and never allocates: the caller grants fewer credits or refuses with an honest status.
 *
 * <p>Thread-safe. The last slab released is the first taken again, since its pages are the likeliest to be in a processor's cache.
 */
public final class SlabPool {
    /**
     * Slabs of one size.
     *
     * @param slabBytes size of each slab, in bytes, a multiple of 4096
     * @param slabs how many there are
     */
    public record SizeClass(int slabBytes, int slabs) {
        /** Checks the limits. */
        public SizeClass {
            if (slabBytes <= 0 || slabBytes % 4096 != 0 || slabs <= 0) {
                throw new IllegalArgumentException("a size class of " + slabs + " slabs of " + slabBytes + " bytes");
            }
        }
    }

    private final List<Shelf> shelves;
    private final AtomicInteger outstanding = new AtomicInteger();

    /** A pool that lives as long as the process. Memory is committed page by page as slabs are first used. */
    public SlabPool(List<SizeClass> classes) {
        this(classes, Arena.global());
    }

    /** A pool whose regions, one per size class, go with the arena. No lease may be out then, and no registration. */
    public SlabPool(List<SizeClass> classes, Arena arena) {
        var sorted = new ArrayList<Shelf>();
        for (SizeClass c : classes) {
            sorted.add(new Shelf(c, arena));
        }
        sorted.sort(Comparator.comparingInt(s -> s.size.slabBytes));
        this.shelves = List.copyOf(sorted);
    }

    /**
     * Takes the smallest free slab that holds {@code bytes}. The caller owns the lease and releases it exactly once.
     *
     * @return null where every slab of sufficient size is out, or none is that large
     */
    public @Nullable Lease take(long bytes) {
        for (Shelf shelf : shelves) {
            if (shelf.size.slabBytes >= bytes) {
                MemorySegment slab = shelf.pop();
                if (slab != null) {
                    outstanding.incrementAndGet();
                    return new Lease(slab, () -> giveBack(shelf, slab));
                }
            }
        }
        return null;
    }

    /** Size of the largest slab, in bytes. */
    public int largestSlab() {
        return shelves.getLast().size.slabBytes;
    }

    /** The regions that all slabs are cut from, one per size class; each is to be registered for RDMA once. */
    public List<MemorySegment> regions() {
        return shelves.stream().map(s -> s.region).toList();
    }

    /** How many leases are out now. Zero when all has been given back: tests end with that check. */
    public int outstanding() {
        return outstanding.get();
    }

    private void giveBack(Shelf shelf, MemorySegment slab) {
        assert poison(slab);
        outstanding.decrementAndGet();
        shelf.push(slab);
    }

    /** With assertions on, the head of a freed slab is overwritten so that a use after release is seen. */
    private static boolean poison(MemorySegment slab) {
        slab.asSlice(0, 4096).fill((byte) 0xDB);
        return true;
    }

    /** The free slabs of one size: a stack under a lock that is held for a few instructions. */
    private static final class Shelf {
        final SizeClass size;
        final MemorySegment region;
        private final @Nullable MemorySegment[] free;
        private final ReentrantLock lock = new ReentrantLock();
        private int top;

        Shelf(SizeClass size, Arena arena) {
            this.size = size;
            this.region = Regions.map((long) size.slabBytes * size.slabs, arena);
            this.free = new MemorySegment[size.slabs];
            for (int i = size.slabs - 1; i >= 0; i--) {
                free[top++] = region.asSlice((long) i * size.slabBytes, size.slabBytes);
            }
        }

        @Nullable
        MemorySegment pop() {
            lock.lock();
            try {
                return top == 0 ? null : free[--top];
            } finally {
                lock.unlock();
            }
        }

        void push(MemorySegment slab) {
            lock.lock();
            try {
                free[top++] = slab;
            } finally {
                lock.unlock();
            }
        }
    }
}
