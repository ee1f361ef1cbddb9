package dev.penstock.inference.model;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** This rank's part of a model with its cache of keys and values. All ranks take the same steps. Belongs to one thread. */
public interface LanguageModel extends AutoCloseable {
    /** Number of tokens that logits are computed for. */
    int vocabulary();

    /** Positions that the cache holds. */
    int context();

    /** Most tokens of one step. */
    int batch();

    /**
     * Lets tokens pass through the model and enter the cache. What the cache held from {@code position} on is forgotten.
     *
     * @param tokens their numbers, below {@link #vocabulary}
     * @param from index of the first one in {@code tokens}
     * @param count 1 to {@link #batch}
     * @param position of the first one in the sequence; all before are in the cache
     * @return {@link #vocabulary} floats, the logits after the last token, valid until the next step; on ranks other than 0 perhaps only
     *     in part
     * @throws IOException where another rank was lost, or the weights could not be loaded
     */
    MemorySegment step(int[] tokens, int from, int count, int position) throws IOException;

    /** Bytes of memory: weights, cache and intermediate results. */
    Memory memory();

    @Override
    void close();

    /**
     * Memory of one rank, in bytes.
     *
     * @param weights of the shard
     * @param cache of keys and values, when full
     * @param scratch of intermediate results
     */
    record Memory(long weights, long cache, long scratch) {}
}
