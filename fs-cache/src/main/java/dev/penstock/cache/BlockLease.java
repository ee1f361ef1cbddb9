package dev.penstock.cache;

import dev.penstock.memory.Lease;
import java.lang.foreign.MemorySegment;

/**
 * The right to read a block. Released exactly once by whoever received it.
 *
 * @param lease of the slab that the block is in
 * @param length bytes of the block; less than the slab for the last block of a file
 */
public record BlockLease(Lease lease, int length) {
    /** The block's bytes; not to be written to, nor to be touched after the release. */
    public MemorySegment memory() {
        return lease.memory().asSlice(0, length).asReadOnly();
    }

    /** Ends the use. */
    public void release() {
        lease.release();
    }
}
