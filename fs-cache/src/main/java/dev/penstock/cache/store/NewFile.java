package dev.penstock.cache.store;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * A file that is being put into a store. Until it is committed nobody sees it under its name, so that no reader meets half a model.
 * Thread-safe; any number of writes may be under way.
 */
public interface NewFile extends AutoCloseable {
    /** The path that it will have. */
    String path();

    /**
     * Starts a write from memory. The store splits it as its protocol needs.
     *
     * @param offset first byte of the file; gaps are zeros
     * @param source where from; see {@link FileStore#target}: nothing may change it until the write has ended
     * @param sourceOffset first byte of the source's memory
     * @param length in bytes, not negative
     * @return completes when the store has every byte; fails with an {@link IOException} when the store fails, and then nothing more is read
     *     from the source
     */
    CompletableFuture<Void> write(long offset, ReadTarget source, long sourceOffset, long length);

    /**
     * Brings what was written to the disk of the store, then gives the file its name. All writes must have ended well.
     *
     * @throws IOException where that failed; the name is then what it was before
     */
    void commit() throws IOException;

    /** Ends it. What was not committed is removed: at once where the store is in reach, else as soon as it is again, as long as it is open. */
    @Override
    void close() throws IOException;
}
