package dev.penstock.inference.parallel;

import dev.penstock.collective.Collective;
import dev.penstock.collective.CollectiveException;
import dev.penstock.collective.CollectiveOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/** Ranks that are processes, on this machine or others, and speak over RDMA. Belongs to the thread that joined the collective. */
public final class CollectiveRanks implements RankGroup {
    /**
     * What suits the ranks of a model: ten minutes until all are there, since people start them one by one, and two until all have come to
     * an operation, since one may still be loading what the others have. A rank that dies is noticed at once, by its connection.
     */
    public static final CollectiveOptions OPTIONS =
            new CollectiveOptions(256 << 10, Duration.ofMinutes(10), Duration.ofMinutes(2), 50_000, 5_000_000);

    private static final int LEADER = 0;

    private final Collective collective;
    private final Arena arena = Arena.ofShared();
    private MemorySegment message = MemorySegment.NULL;

    /** Takes over a collective; closing this closes it. */
    public CollectiveRanks(Collective collective) {
        this.collective = collective;
    }

    @Override
    public int rank() {
        return collective.rank();
    }

    @Override
    public int size() {
        return collective.size();
    }

    @Override
    public void allReduce(MemorySegment floats, int count) throws PeerLostException {
        try {
            collective.allReduce(floats, count);
        } catch (CollectiveException e) {
            throw lost(e);
        }
    }

    /** A sum in which all others contribute zeros: exact, and for the logits of one token small enough. */
    @Override
    public void allGather(MemorySegment floats, int count) throws PeerLostException {
        long partBytes = (long) count * Float.BYTES;
        floats.asSlice(0, rank() * partBytes).fill((byte) 0);
        floats.asSlice((rank() + 1) * partBytes, (size() - rank() - 1) * partBytes)
                .fill((byte) 0);
        allReduce(floats, Math.multiplyExact(count, size()));
    }

    @Override
    public void broadcast(int[] ints) throws PeerLostException {
        long bytes = (long) ints.length * Integer.BYTES;
        if (message.byteSize() < bytes) {
            message = arena.allocate(bytes, 64);
        }
        MemorySegment part = message.asSlice(0, bytes);
        MemorySegment.copy(ints, 0, part, ValueLayout.JAVA_INT, 0, ints.length);
        try {
            collective.broadcast(part, LEADER);
        } catch (CollectiveException e) {
            throw lost(e);
        }
        MemorySegment.copy(part, ValueLayout.JAVA_INT, 0, ints, 0, ints.length);
    }

    @Override
    public void barrier() throws PeerLostException {
        try {
            collective.barrier();
        } catch (CollectiveException e) {
            throw lost(e);
        }
    }

    private static PeerLostException lost(CollectiveException e) {
        return new PeerLostException(
                e.rank() < 0
                        ? "the group of nodes has failed: " + e.getMessage()
                        : "node " + e.rank() + " is lost: " + e.getMessage(),
                e);
    }

    @Override
    public void close() {
        collective.close();
        arena.close();
    }
}
