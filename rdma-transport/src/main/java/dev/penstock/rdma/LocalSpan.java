package dev.penstock.rdma;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Part of a registered region. Offset and length in bytes. */
public record LocalSpan(MemoryRegion region, long offset, long length) {
    /** Checks the bounds. */
    public LocalSpan {
        Objects.checkFromIndexSize(offset, length, region.memory().byteSize());
    }

    /** The memory itself. */
    public MemorySegment memory() {
        return region.memory().asSlice(offset, length);
    }
}
