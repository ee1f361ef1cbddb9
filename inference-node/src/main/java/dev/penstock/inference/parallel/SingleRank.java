package dev.penstock.inference.parallel;

import java.lang.foreign.MemorySegment;

/** The group of a model that one node holds alone. */
public final class SingleRank implements RankGroup {
    @Override
    public int rank() {
        return 0;
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public void allReduce(MemorySegment floats, int count) {
        // The sum over one.
    }

    @Override
    public void allGather(MemorySegment floats, int count) {
        // The one part is there.
    }

    @Override
    public void broadcast(int[] message) {
        // Nobody else listens.
    }

    @Override
    public void barrier() {
        // Nobody to wait for.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
