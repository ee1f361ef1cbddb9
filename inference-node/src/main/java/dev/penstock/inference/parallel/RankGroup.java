package dev.penstock.inference.parallel;

import java.lang.foreign.MemorySegment;

/**
 * The ranks that hold one model together. Every rank calls the same operations in the same order; each call returns when its result is
 * there. Belongs to one thread. After a {@link PeerLostException} every further call throws one too.
 */
public interface RankGroup extends AutoCloseable {
    /** Number of this rank, from 0; rank 0 leads. */
    int rank();

    /** Number of ranks. */
    int size();

    /**
     * Adds up floats over all ranks, in place, in an order that is the same everywhere, so that all ranks have equal bits afterwards.
     *
     * @param floats at least {@code count} of them, of the machine's byte order
     */
    void allReduce(MemorySegment floats, int count) throws PeerLostException;

    /**
     * Collects equal parts from all ranks.
     *
     * @param floats {@code size * count} of them; each rank has filled its own part, the one at {@code rank * count}
     */
    void allGather(MemorySegment floats, int count) throws PeerLostException;

    /**
     * Sends the leader's message to the others, who wait for it as long as the leader lives.
     *
     * @param message of a length on which all agree; filled by the leader, overwritten on the others
     */
    void broadcast(int[] message) throws PeerLostException;

    /** Returns when all ranks have called it. */
    void barrier() throws PeerLostException;

    /** Leaves the group; the others hear of it as a loss. */
    @Override
    void close();
}
