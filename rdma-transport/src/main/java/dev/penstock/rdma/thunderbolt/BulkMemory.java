package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.MemoryKey;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The memory of a transfer on one side, for as long as that takes: the key that it goes under, and what the port uses it by. Of the queue's owner. */
final class BulkMemory {
    private final MemorySegment memory;
    private final @Nullable MemoryKey key;
    private final Runnable whenClosing;
    private BulkPort.@Nullable Pinned pinned;

    /**
     * Begins to use it.
     *
     * @param key which has been entered; null for memory of our own requests
     * @param whenClosing under which it was
     */
    BulkMemory(MemorySegment memory, @Nullable MemoryKey key, Runnable whenClosing) {
        this.memory = memory;
        this.key = key;
        this.whenClosing = whenClosing;
    }

    MemorySegment all() {
        return memory;
    }

    long bytes() {
        return memory.byteSize();
    }

    MemorySegment piece(int piece) {
        long at = (long) piece * BulkPort.PIECE;
        return memory.asSlice(at, Bulk.end(bytes(), piece) - at);
    }

    /** Has a port use it; whether that can. */
    boolean pin(BulkPort port) {
        pinned = port.pin(memory);
        return pinned != null;
    }

    /** What the port uses it by; null where it does not, or the port is gone. */
    BulkPort.@Nullable Pinned pinned() {
        return pinned;
    }

    /** The port is gone. */
    void unpin() {
        if (pinned != null) {
            pinned.close();
            pinned = null;
        }
    }

    boolean isKeyClosed() {
        return key != null && !key.isOpen();
    }

    /** Uses it no more. */
    void end() {
        unpin();
        if (key != null) {
            key.leave(whenClosing);
        }
    }
}
