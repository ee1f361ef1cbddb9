package dev.penstock.cache.store;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A tree of files that can be read into memory of the caller's choice. Thread-safe; closing it ends all reads with an error. */
public interface FileStore extends AutoCloseable {
    /**
     * One name in a folder.
     *
     * @param size length in bytes; 0 for a folder
     */
    record Entry(String name, boolean folder, long size) {}

    /**
     * Lists a folder, in no particular order, without {@code .} and {@code ..}.
     *
     * @param path components separated by {@code /}; empty for the root
     * @throws IOException where there is no such folder, or the store is out of reach
     */
    List<Entry> list(String path) throws IOException;

    /**
     * Opens a file for reading. The caller closes it.
     *
     * @param path components separated by {@code /}, from the root
     * @throws IOException where there is no such file, or the store is out of reach
     */
    StoredFile open(String path) throws IOException;

    /**
     * Makes memory a target of reads: for a store read by RDMA this registers it, once, however many reads follow. The memory must
     * outlive the target, and nothing but reads may write to a stretch that a read is under way into.
     */
    ReadTarget target(MemorySegment memory) throws IOException;

    /** What has been moved so far. */
    Traffic traffic();

    /** Ends all reads and connections. */
    @Override
    void close() throws IOException;

    /**
     * Bytes of file contents moved since the store was opened, in both directions.
     *
     * @param placed by RDMA, straight into the target or out of the source
     * @param staged by RDMA, into a buffer from which what was asked for was gathered
     * @param copied through messages, with a copy on this side
     */
    record Traffic(long placed, long staged, long copied) {}
}
