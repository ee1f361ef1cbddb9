package dev.penstock.inference.parallel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ranks that are threads of one process. */
public final class ThreadRanks {
    private final CyclicBarrier barrier;
    private final Object[] given;
    private volatile boolean gone;

    private ThreadRanks(int size) {
        barrier = new CyclicBarrier(size);
        given = new Object[size];
    }

    public static List<RankGroup> of(int size) {
        var shared = new ThreadRanks(size);
        var ranks = new ArrayList<RankGroup>();
        for (int i = 0; i < size; i++) {
            ranks.add(shared.new Rank(i));
        }
        return ranks;
    }

    private void meet() throws PeerLostException {
        if (gone) {
            throw new PeerLostException("a rank is gone");
        }
        try {
            barrier.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new PeerLostException("a rank is gone", e);
        }
    }

    private final class Rank implements RankGroup {
        private final int rank;

        private Rank(int rank) {
            this.rank = rank;
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public int size() {
            return given.length;
        }

        @Override
        public void allReduce(MemorySegment floats, int count) throws PeerLostException {
            given[rank] = floats.asSlice(0, 4L * count).toArray(ValueLayout.JAVA_FLOAT);
            meet();
            var sum = new float[count];
            for (Object part : given) {
                for (int i = 0; i < count; i++) {
                    sum[i] += ((float[]) part)[i];
                }
            }
            MemorySegment.copy(sum, 0, floats, ValueLayout.JAVA_FLOAT, 0, count);
            meet();
        }

        @Override
        public void allGather(MemorySegment floats, int count) throws PeerLostException {
            given[rank] = floats;
            meet();
            for (int r = 0; r < given.length; r++) {
                if (r != rank) {
                    MemorySegment.copy((MemorySegment) given[r], 4L * r * count, floats, 4L * r * count, 4L * count);
                }
            }
            meet();
        }

        @Override
        public void broadcast(int[] message) throws PeerLostException {
            if (rank == 0) {
                given[0] = message.clone();
            }
            meet();
            System.arraycopy((int[]) given[0], 0, message, 0, message.length);
            meet();
        }

        @Override
        public void barrier() throws PeerLostException {
            meet();
        }

        @Override
        public void close() {
            gone = true;
            barrier.reset();
        }
    }
}
