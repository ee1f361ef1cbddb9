package dev.penstock.cache.local;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.penstock.cache.BlockCache;
import dev.penstock.cache.BlockKey;
import dev.penstock.cache.BlockLease;
import dev.penstock.cache.BlockLoader;
import dev.penstock.cache.CacheStats;
import dev.penstock.memory.Lease;
import dev.penstock.memory.SlabPool;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Blocks in slabs of one size.
 *
 * <p>The cache holds one use of each block's lease and gives it up in Caffeine's eviction listener, which runs within the eviction; its
 * removal listener would run later, on another thread, and the pool would look empty meanwhile. A reader takes a use of its own with
 * {@link Lease#tryRetain}; where the block was evicted in between, that is a miss like any other.
 *
 * <p>The pool must have more slabs than the cache may keep: the surplus is what loads and leases that outlive their eviction live on.
 */
public final class LocalBlockCache implements BlockCache {
    private final SlabPool slabs;
    private final int blockBytes;
    private final Cache<BlockKey, BlockLease> blocks;
    private final Policy.Eviction<BlockKey, BlockLease> eviction;
    private final ConcurrentHashMap<BlockKey, CompletableFuture<BlockLease>> loading = new ConcurrentHashMap<>();
    private final LongAdder hits = new LongAdder();
    private final LongAdder loads = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder evictions = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    /**
     * A cache over a pool.
     *
     * @param blockBytes size of a block; the pool must have slabs of that size
     * @param mostBlocks kept at once; fewer than the pool has slabs
     */
    public LocalBlockCache(SlabPool slabs, int blockBytes, int mostBlocks) {
        this.slabs = slabs;
        this.blockBytes = blockBytes;
        this.blocks = Caffeine.newBuilder()
                .maximumSize(mostBlocks)
                .executor(Runnable::run)
                .evictionListener((@Nullable BlockKey key, @Nullable BlockLease block, RemovalCause cause) -> {
                    evictions.increment();
                    drop(block);
                })
                .build();
        this.eviction = blocks.policy().eviction().orElseThrow();
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    @Override
    public CompletableFuture<BlockLease> get(BlockKey key, BlockLoader loader) {
        BlockLease present = retained(key);
        if (present != null) {
            hits.increment();
            return CompletableFuture.completedFuture(present);
        }
        var mine = new CompletableFuture<BlockLease>();
        var others = loading.putIfAbsent(key, mine);
        if (others != null) {
            hits.increment();
            // It may have been evicted between its arrival and here: then it is asked for anew.
            return others.thenCompose(
                    block -> block.lease().tryRetain() ? CompletableFuture.completedFuture(block) : get(key, loader));
        }
        return load(key, loader, mine);
    }

    /** Loads, with the flight registered; its own use goes to the caller and the cache's use into the cache. */
    private CompletableFuture<BlockLease> load(BlockKey key, BlockLoader loader, CompletableFuture<BlockLease> flight) {
        Lease slab = takeSlab();
        if (slab == null) {
            var full = new IOException("no memory for a block: every slab is in use " + slabs.outstanding() + " "
                    + blocks.estimatedSize() + " " + loading.size() + " " + stats());
            end(key, flight, full);
            return CompletableFuture.failedFuture(full);
        }
        return fill(key, loader, slab, flight);
    }

    /**
     * A slab, if need be that of the block least likely to be wanted: Caffeine evicts in its own time, which with several threads may come
     * after the next load.
     */
    private @Nullable Lease takeSlab() {
        Lease slab = slabs.take(blockBytes);
        while (slab == null && blocks.estimatedSize() > 0) {
            for (BlockKey cold : eviction.coldest(1).keySet()) {
                BlockLease block = blocks.asMap().remove(cold);
                if (block != null) {
                    evictions.increment();
                    drop(block);
                }
            }
            slab = slabs.take(blockBytes);
        }
        return slab;
    }

    private CompletableFuture<BlockLease> fill(
            BlockKey key, BlockLoader loader, Lease slab, CompletableFuture<BlockLease> flight) {
        var result = new CompletableFuture<BlockLease>();
        start(key, loader, slab).whenComplete((length, failure) -> {
            if (failure != null) {
                slab.release();
                end(key, flight, failure);
                result.completeExceptionally(failure);
                return;
            }
            var block = new BlockLease(slab, length);
            loads.increment();
            bytes.add(length);
            slab.retain();
            BlockLease replaced = blocks.asMap().put(key, block);
            drop(replaced);
            loading.remove(key, flight);
            flight.complete(block);
            result.complete(block);
        });
        return result;
    }

    private CompletableFuture<Integer> start(BlockKey key, BlockLoader loader, Lease slab) {
        try {
            return loader.load(key, slab.memory().asSlice(0, blockBytes)).toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void end(BlockKey key, CompletableFuture<BlockLease> flight, Throwable failure) {
        failures.increment();
        loading.remove(key, flight);
        flight.completeExceptionally(failure);
    }

    private @Nullable BlockLease retained(BlockKey key) {
        BlockLease block = blocks.getIfPresent(key);
        return block != null && block.lease().tryRetain() ? block : null;
    }

    @Override
    public void prefetch(BlockKey key, BlockLoader loader) {
        if (blocks.getIfPresent(key) == null && !loading.containsKey(key)) {
            get(key, loader).whenComplete((block, failure) -> {
                if (block != null) {
                    block.release();
                }
            });
        }
    }

    @Override
    public void invalidate(long file) {
        for (BlockKey key : blocks.asMap().keySet()) {
            if (key.file() == file) {
                drop(blocks.asMap().remove(key));
            }
        }
    }

    /** The cache's own use of a block ends. */
    private void drop(@Nullable BlockLease block) {
        if (block != null) {
            bytes.add(-block.length());
            block.release();
        }
    }

    @Override
    public CacheStats stats() {
        return new CacheStats(hits.sum(), loads.sum(), failures.sum(), evictions.sum(), bytes.sum());
    }
}
