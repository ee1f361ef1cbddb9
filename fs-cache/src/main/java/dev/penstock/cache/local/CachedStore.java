package dev.penstock.cache.local;

import dev.penstock.cache.BlockCache;
import dev.penstock.cache.BlockKey;
import dev.penstock.cache.CacheStats;
import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.memory.SlabPool;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Files of a store, read in pieces of any size and served in blocks: what a header or a listing of many small looks costs is one request
 * per block. The blocks are registered with the store once, so that it can place them by RDMA. Thread-safe; closed after its last read.
 */
public final class CachedStore implements AutoCloseable {
    /** Slabs beyond what the cache keeps, for loads under way and blocks in use while others are evicted. */
    private static final int SURPLUS = 8;

    private final BlockCache cache;
    private final ReadTarget target;
    private final AtomicLong nextFile = new AtomicLong();

    /**
     * A cache before a store; the store stays the caller's.
     *
     * @param blockBytes size of a block, a multiple of 4096
     * @param blocks how many are kept
     * @throws IOException where the store cannot register the memory
     */
    public CachedStore(FileStore store, int blockBytes, int blocks) throws IOException {
        var slabs = new SlabPool(List.of(new SlabPool.SizeClass(blockBytes, blocks + SURPLUS)));
        this.cache = new LocalBlockCache(slabs, blockBytes, blocks);
        this.target = store.target(slabs.regions().getFirst());
    }

    /** A file, read through the cache. It stays the caller's, who closes it after the last read. */
    public CachedFile file(StoredFile file) {
        return new CachedFile(file, nextFile.incrementAndGet());
    }

    /** What happened so far. */
    public CacheStats stats() {
        return cache.stats();
    }

    @Override
    public void close() {
        target.close();
    }

    /** A file whose blocks are kept. */
    public final class CachedFile {
        private final StoredFile file;
        private final long id;

        /** The block after the last one read; a read that starts there is taken for part of a sequence. */
        private volatile long expected;

        private CachedFile(StoredFile file, long id) {
            this.file = file;
            this.id = id;
        }

        /** Length in bytes. */
        public long size() {
            return file.size();
        }

        /**
         * Reads a range that lies within the file, and waits for it.
         *
         * @throws IOException where the store fails
         */
        public void read(long offset, MemorySegment into) throws IOException {
            if (offset < 0 || into.byteSize() > file.size() - offset) {
                throw new IOException("a read beyond the end of " + file.path());
            }
            long done = 0;
            while (done < into.byteSize()) {
                long index = (offset + done) / cache.blockBytes();
                long within = (offset + done) % cache.blockBytes();
                var block = await(cache.get(new BlockKey(id, index), this::load));
                try {
                    long count = Math.min(block.length() - within, into.byteSize() - done);
                    MemorySegment.copy(block.memory(), within, into, done, count);
                    done += count;
                } finally {
                    block.release();
                }
                readAhead(index);
            }
        }

        private void readAhead(long index) {
            if (index == expected && (index + 1) * cache.blockBytes() < file.size()) {
                cache.prefetch(new BlockKey(id, index + 1), this::load);
            }
            expected = index + 1;
        }

        private CompletableFuture<Integer> load(BlockKey key, MemorySegment into) {
            long from = key.index() * cache.blockBytes();
            int length = (int) Math.min(into.byteSize(), file.size() - from);
            long at = into.address() - target.memory().address();
            return file.read(from, target, at, length).thenApply(done -> length);
        }

        private <T> T await(CompletableFuture<T> future) throws IOException {
            try {
                return future.get();
            } catch (java.util.concurrent.ExecutionException e) {
                Throwable cause = e.getCause() == null ? e : e.getCause();
                throw new IOException("reading " + file.path() + ": " + cause.getMessage(), cause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while reading " + file.path(), e);
            }
        }
    }
}
