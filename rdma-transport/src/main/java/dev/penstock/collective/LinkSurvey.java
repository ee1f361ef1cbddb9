package dev.penstock.collective;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ranks that measure what connects them, pair by pair: each the round trip of a short message, and what passes each way. Each rank calls
 * {@link #measure} for the ranks of {@link #order} in that order, so that it measures one link at a time, and each pair comes together without
 * waiting for more than those before it. Belongs to the thread that gathered it.
 */
public final class LinkSurvey implements AutoCloseable {
    private static final int READY = 4;
    private static final int ROUND_TRIP = 5;
    private static final int STREAM = 6;
    private static final int TAKEN = 7;
    private static final int END = 8;

    /** Two of them are under way: four times what the fastest cables of today hold. */
    private static final int CHUNK = 1 << 20;

    /** Enough for the compiler to have come round, and for a median. */
    private static final int MOST_ROUNDS = 4000;

    private static final long ROUNDS_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    /** What a pair takes beside the streams. */
    private static final Duration ASIDE = Duration.ofSeconds(10);

    private final Collective group;
    private final Duration each;

    private LinkSurvey(Collective group, Duration each) {
        this.group = group;
        this.each = each;
    }

    /**
     * What a link is worth.
     *
     * @param roundTripNanos of a message of 64 bytes and its answer, the median
     * @param sending bytes a second from this rank to the other
     * @param receiving bytes a second from the other to this rank
     */
    public record Figures(long roundTripNanos, double sending, double receiving) {}

    /**
     * Waits until all ranks are there, or the time is over.
     *
     * @param listening this rank; taken over
     * @param addresses of all ranks, in their order, as this one reaches them
     * @param secret as of {@link Collective#join}
     * @param times how long to wait for the ranks, and to measure
     * @throws IOException where the device refuses
     */
    public static LinkSurvey gather(
            CollectiveBootstrap listening, int rank, List<InetSocketAddress> addresses, byte[] secret, Times times)
            throws IOException {
        // A pair waits for what its ranks do before, and the last to come have waited the shortest.
        Duration longest =
                times.coming.plus(times.each.multipliedBy(2).plus(ASIDE).multipliedBy(addresses.size()));
        var usual = CollectiveOptions.DEFAULT;
        var options = new CollectiveOptions(CHUNK, times.coming, longest, usual.spinNanos(), usual.yieldNanos());
        return new LinkSurvey(listening.gather(options, rank, addresses, secret), times.each);
    }

    /**
     * How long things may take.
     *
     * @param coming of all ranks
     * @param each direction of a link
     */
    public record Times(Duration coming, Duration each) {}

    /** The other ranks in the order in which this one measures: in each round of all, every rank is in one pair at most. */
    public static List<Integer> order(int rank, int size) {
        int even = size + size % 2;
        int[] partners = new int[even - 1];
        for (int round = 0; round < partners.length; round++) {
            partners[round] = partner(rank, round, even);
        }
        // Of an odd number, one has nobody in each round.
        return Arrays.stream(partners).filter(other -> other < size).boxed().toList();
    }

    /** The circle of a tournament: two ranks meet in the round that is the sum of their numbers, and the last one meets who is left. */
    private static int partner(int rank, int round, int even) {
        int last = even - 1;
        for (int other = 0; other < last; other++) {
            boolean meets = (rank == last ? 2 * other : rank + other) % last == round;
            if (meets && other != rank) {
                return other;
            }
        }
        return last;
    }

    /** Why there is no connection with a rank; null where there is one. */
    public @Nullable String problem(int other) {
        return group.peer(other).lost();
    }

    /**
     * Measures the link with a rank, which does the same.
     *
     * @throws CollectiveException where it is lost meanwhile, or does something else
     */
    public Figures measure(int other) throws CollectiveException {
        group.post(other, READY, 0);
        expect(other, READY);
        boolean first = group.rank() < other;
        long roundTrip = first ? askAround(other) : answerAround(other);
        double one = first ? send(other) : receive(other);
        double two = first ? receive(other) : send(other);
        return new Figures(roundTrip, first ? one : two, first ? two : one);
    }

    // ---------------------------------------------------------------- round trips

    private long askAround(int other) throws CollectiveException {
        var taken = new long[MOST_ROUNDS];
        long start = now();
        long last = start;
        int rounds = 0;
        while (rounds < MOST_ROUNDS && (last - start < ROUNDS_NANOS || rounds < 2)) {
            long before = last;
            group.post(other, ROUND_TRIP, 0);
            expect(other, ROUND_TRIP);
            last = now();
            taken[rounds++] = last - before;
        }
        group.post(other, END, 0);
        expect(other, END);
        return median(taken, rounds);
    }

    /** The same seen from the other end: from an answer to the next question. */
    private long answerAround(int other) throws CollectiveException {
        var taken = new long[MOST_ROUNDS];
        int rounds = 0;
        long before = 0;
        boolean ended = false;
        while (!ended) {
            ended = group.take(other).operation() == END;
            long asked = now();
            if (before != 0 && rounds < MOST_ROUNDS) {
                taken[rounds++] = asked - before;
            }
            before = asked;
            group.post(other, ended ? END : ROUND_TRIP, 0);
        }
        return median(taken, rounds);
    }

    /** Of the second half: the first is the compiler's. */
    private static long median(long[] values, int count) {
        long[] half = Arrays.copyOfRange(values, count / 2, Math.max(count, 1));
        Arrays.sort(half);
        return half[half.length / 2];
    }

    // ---------------------------------------------------------------- streams

    /** Bytes a second that the other rank has said it has. What comes before the first of its words is not counted. */
    private double send(int other) throws CollectiveException {
        // Two are under way, since a rank has two receives for each other: all that was before has to be taken.
        expect(other, READY);
        group.post(other, STREAM, CHUNK);
        group.post(other, STREAM, CHUNK);
        expect(other, TAKEN);
        long start = now();
        long chunks = 0;
        while (now() - start < each.toNanos()) {
            group.post(other, STREAM, CHUNK);
            expect(other, TAKEN);
            chunks++;
        }
        expect(other, TAKEN);
        chunks++;
        double seconds = (now() - start) / 1e9;
        group.post(other, END, 0);
        expect(other, END);
        return chunks * (double) CHUNK / seconds;
    }

    private double receive(int other) throws CollectiveException {
        group.post(other, READY, 0);
        long start = 0;
        long last = 0;
        long chunks = -1;
        while (group.take(other).operation() != END) {
            last = now();
            if (++chunks == 0) {
                start = last;
            }
            group.post(other, TAKEN, 0);
        }
        group.post(other, END, 0);
        return chunks * (double) CHUNK * 1e9 / Math.max(1, last - start);
    }

    private long now() {
        return group.queue().nanoTime();
    }

    private void expect(int other, int operation) throws CollectiveException {
        if (group.take(other).operation() != operation) {
            throw new CollectiveException(
                    other, "rank " + other + " measures something else than rank " + group.rank());
        }
    }

    /** Leaves: what others still measure with this rank fails. */
    @Override
    public void close() {
        group.close();
    }
}
