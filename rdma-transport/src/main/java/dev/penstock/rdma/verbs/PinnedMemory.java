package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.thunderbolt.BulkPort;
import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of the registered memory an adapter has pinned: large pieces, when they are first used, and as long as there is room for them, since Apple's
 * adapters take a hundred registrations, of which none may cross a multiple of 4 GiB. Thread-safe.
 */
final class PinnedMemory {
    private static final Logger LOG = LoggerFactory.getLogger(PinnedMemory.class);

    /** Pinned in some ten milliseconds. */
    private static final long CHUNK = 256L << 20;

    /** The chunks overlap by what a transfer has at most, so that each lies in one. */
    private static final long OVERLAP = (long) Long.SIZE * BulkPort.PIECE;

    private static final long FOUR_GIB = 1L << 32;

    private final MemorySegment domain;
    private final RegisteredMemory registered;
    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    /** By their first byte, the one used last at the end. */
    private final Map<Long, Chunk> chunks = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * Nothing yet.
     *
     * @param domain of the adapter
     * @param most registrations
     */
    PinnedMemory(MemorySegment domain, RegisteredMemory registered, int most) {
        this.domain = domain;
        this.registered = registered;
        this.most = most;
    }

    /** A use of a chunk. */
    final class Pin implements BulkPort.Pinned {
        private final Chunk chunk;

        private Pin(Chunk chunk) {
            this.chunk = chunk;
        }

        int key() {
            return Structs.i32(chunk.mr, Structs.MR_LKEY);
        }

        @Override
        public void close() {
            lock.lock();
            try {
                chunk.users--;
                if (chunk.forgotten && chunk.users == 0) {
                    Verbs.deregisterMr(chunk.mr);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private static final class Chunk {
        final MemorySegment memory;
        /** NULL where the adapter refused it. */
        final MemorySegment mr;

        int users;
        boolean forgotten;

        Chunk(MemorySegment memory, MemorySegment mr) {
            this.memory = memory;
            this.mr = mr;
        }

        boolean pinned() {
            return !mr.equals(MemorySegment.NULL);
        }
    }

    /** Null where it is not registered, or cannot be pinned. */
    @Nullable
    Pin pin(MemorySegment memory) {
        lock.lock();
        try {
            MemorySegment around = around(memory);
            if (around == null) {
                return null;
            }
            Chunk chunk = chunks.get(around.address());
            if (chunk != null && chunk.memory.byteSize() != around.byteSize()) {
                return null; // two regions begin there
            }
            if (chunk == null) {
                chunk = make(around);
            }
            if (chunk == null || !chunk.pinned()) {
                return null;
            }
            chunk.users++;
            return new Pin(chunk);
        } finally {
            lock.unlock();
        }
    }

    /** The chunk around it; null where there is none that the adapter takes. */
    private @Nullable MemorySegment around(MemorySegment memory) {
        MemorySegment region = registered.around(memory);
        if (region == null) {
            return null;
        }
        long at = memory.address() / CHUNK * CHUNK;
        long from = Math.max(at, region.address());
        long end = Math.min(at + CHUNK + OVERLAP, region.address() + region.byteSize());
        if (VerbsLibrary.HERE.keepsLowHalf()) {
            end = Math.min(end, (from / FOUR_GIB + 1) * FOUR_GIB);
        }
        return memory.address() + memory.byteSize() <= end ? region.asSlice(from - region.address(), end - from) : null;
    }

    private @Nullable Chunk make(MemorySegment memory) {
        if (chunks.size() >= most && !giveOneUp()) {
            return null;
        }
        MemorySegment mr;
        try {
            mr = Verbs.registerMr(domain, memory, memory.isReadOnly() ? Verbs.REMOTE_READ : UcPair.ACCESS);
        } catch (RdmaException e) {
            LOG.debug("memory that the adapter does not take goes in frames", e);
            mr = MemorySegment.NULL;
        }
        var made = new Chunk(memory, mr);
        chunks.put(memory.address(), made);
        return made;
    }

    private boolean giveOneUp() {
        for (Iterator<Chunk> each = chunks.values().iterator(); each.hasNext(); ) {
            Chunk oldest = each.next();
            if (oldest.users == 0) {
                each.remove();
                release(oldest);
                return true;
            }
        }
        return false;
    }

    /** Memory is not registered any more. */
    void forget(MemorySegment region) {
        lock.lock();
        try {
            long from = region.address();
            long end = from + region.byteSize();
            for (Iterator<Chunk> each = chunks.values().iterator(); each.hasNext(); ) {
                Chunk chunk = each.next();
                long at = chunk.memory.address();
                boolean touches = at < end && at + chunk.memory.byteSize() > from;
                if (touches && registered.around(chunk.memory) == null) {
                    each.remove();
                    release(chunk);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static void release(Chunk chunk) {
        chunk.forgotten = true;
        if (chunk.pinned() && chunk.users == 0) {
            Verbs.deregisterMr(chunk.mr);
        }
    }
}
