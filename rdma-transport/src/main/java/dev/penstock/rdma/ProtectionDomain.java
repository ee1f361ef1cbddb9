package dev.penstock.rdma;

import java.lang.foreign.MemorySegment;
import java.util.Set;

/** A set of registered memory, and of the queue pairs that may use it. Thread-safe. */
public interface ProtectionDomain extends AutoCloseable {
    /**
     * Registers native memory. Cheap in software, costly on an adapter: register few large regions, once.
     *
     * @param memory must outlive the registration
     * @param access what may be done to it; local reads always may
     * @throws RdmaException with {@link RdmaStatus#RESOURCES} where the device holds no more
     */
    MemoryRegion register(MemorySegment memory, Set<Access> access) throws RdmaException;

    /**
     * Opens part of a region to the peer under a key of its own, which ends when the window is closed or the peer invalidates it.
     *
     * @param access {@link Access#REMOTE_READ} or {@link Access#REMOTE_WRITE} or both; a subset of the region's
     * @throws RdmaException with {@link RdmaStatus#RESOURCES} where the device has no windows, or no more of them
     */
    MemoryWindow window(MemoryRegion region, long offset, long length, Set<Access> access) throws RdmaException;

    /** Ends all registrations. No queue pair of the domain may be open. */
    @Override
    void close();
}
