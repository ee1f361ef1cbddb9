package dev.penstock.cache.store;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** An open file of a {@link FileStore}. Thread-safe; any number of reads may be under way. */
public interface StoredFile extends AutoCloseable {
    /** The path that it was opened by. */
    String path();

    /** Length in bytes at the time of opening. */
    long size();

    /**
     * Starts a read into memory. The store splits it as its protocol needs.
     *
     * @param offset first byte of the file
     * @param target where to; see {@link FileStore#target}
     * @param targetOffset first byte of the target's memory
     * @param length in bytes, not negative; the range must lie within the file
     * @return completes when every byte is in place; fails with an {@link IOException} when the store fails, and then nothing more is
     *     written to the target
     */
    CompletableFuture<Void> read(long offset, ReadTarget target, long targetOffset, long length);

    /**
     * Starts a read of {@code runs} equal stretches, {@code stride} bytes apart in the file, packed one behind the other in memory. That
     * is what a column shard of a matrix is. A store that can gather at its own end moves only the bytes asked for.
     */
    CompletableFuture<Void> readStrided(
            long offset, long runLength, long stride, int runs, ReadTarget target, long targetOffset);

    /** Closes the file; reads under way fail. */
    @Override
    void close() throws IOException;
}
