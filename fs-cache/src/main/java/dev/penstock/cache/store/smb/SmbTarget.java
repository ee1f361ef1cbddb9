package dev.penstock.cache.store.smb;

import dev.penstock.cache.store.ReadTarget;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.smbdirect.SmbDirectEndpoint;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Memory for reads: registered where the store uses RDMA. Thread-safe. */
final class SmbTarget implements ReadTarget {
    private final MemorySegment memory;
    private final @Nullable SmbDirectEndpoint endpoint;
    private final @Nullable MemoryRegion region;
    private final AtomicBoolean closed = new AtomicBoolean();

    SmbTarget(MemorySegment memory, @Nullable SmbDirectEndpoint endpoint, @Nullable MemoryRegion region) {
        this.memory = memory;
        this.endpoint = endpoint;
        this.region = region;
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    @Nullable
    MemoryRegion region() {
        return region;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true) && endpoint != null && region != null) {
            endpoint.unregister(region);
        }
    }
}
