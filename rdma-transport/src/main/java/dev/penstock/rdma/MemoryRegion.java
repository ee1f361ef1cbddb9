package dev.penstock.rdma;

import java.lang.foreign.MemorySegment;

/** Registered memory. Thread-safe. Closing it ends the registration; no request that names it may be outstanding. */
public interface MemoryRegion extends AutoCloseable {
    /** The memory. */
    MemorySegment memory();

    /** The key that local requests name it by. */
    int localKey();

    /** The key that the peer names it by. Means something only if the region has a remote access. Stays valid until the close. */
    int remoteKey();

    /** Part of the region, for a request of our own. */
    default LocalSpan span(long offset, long length) {
        return new LocalSpan(this, offset, length);
    }

    /** Part of the region as the peer names it. */
    default RemoteSpan remoteSpan(long offset, long length) {
        return new RemoteSpan(remoteKey(), memory().address() + offset, length);
    }

    @Override
    void close();
}
