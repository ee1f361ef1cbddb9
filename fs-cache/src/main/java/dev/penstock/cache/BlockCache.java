package dev.penstock.cache;

import java.util.concurrent.CompletableFuture;

/** Blocks by key, loaded once however many ask at the same time. Thread-safe. */
public interface BlockCache {
    /** Bytes of a full block. */
    int blockBytes();

    /**
     * The block, from memory or by the loader.
     *
     * @return a lease that the caller releases; fails with what the loader failed with, which is not kept: the next call tries again
     */
    CompletableFuture<BlockLease> get(BlockKey key, BlockLoader loader);

    /** Starts to load a block that is not there, if there is memory to spare for it. */
    void prefetch(BlockKey key, BlockLoader loader);

    /** Forgets every block of a file; leases that are out stay valid. */
    void invalidate(long file);

    /** What happened so far. */
    CacheStats stats();
}
