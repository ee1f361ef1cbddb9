package dev.penstock.cache.store.smb;

import dev.penstock.cache.store.ReadTarget;
import dev.penstock.rdma.MemoryRegion;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Memory for reads and writes: registered with each connection that places, at its first use. Thread-safe. */
final class SmbTarget implements ReadTarget {
    private final MemorySegment memory;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<ShareConnection, MemoryRegion> regions = new HashMap<>();
    private boolean closed;

    SmbTarget(MemorySegment memory) {
        this.memory = memory;
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    MemoryRegion region(ShareConnection by) throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("the memory is no target any more");
            }
            var region = regions.get(by);
            if (region == null) {
                // Those of connections that are no more ended with them.
                regions.keySet().removeIf(ShareConnection::isOver);
                region = by.register(memory);
                regions.put(by, region);
            }
            return region;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            regions.forEach(ShareConnection::unregister);
            regions.clear();
        } finally {
            lock.unlock();
        }
    }
}
