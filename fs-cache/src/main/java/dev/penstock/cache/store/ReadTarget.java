package dev.penstock.cache.store;

import java.lang.foreign.MemorySegment;

/** Memory that reads of one store may be placed into, and that its writes may be taken from. Closing it ends the registration; no read may be under way then. */
public interface ReadTarget extends AutoCloseable {
    /** The memory given to {@link FileStore#target}. */
    MemorySegment memory();

    /** Ends the registration. */
    @Override
    void close();
}
