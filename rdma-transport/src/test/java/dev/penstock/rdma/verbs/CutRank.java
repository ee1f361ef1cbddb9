package dev.penstock.rdma.verbs;

import dev.penstock.collective.Collective;
import dev.penstock.collective.CollectiveException;
import dev.penstock.collective.CollectiveOptions;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;

/**
 * One of two ranks on two machines: {@code CutRank RANK ADAPTER PROVIDER ADDRESS ADDRESS}. Adds vectors of 8 KiB up until the group is lost, which is
 * to come of a cable taken out; then joins anew until that succeeds, adds up some more and ends. Run by {@link TwoGuestsIT}.
 */
final class CutRank {
    private static final int PORT = 7571;
    private static final int FLOATS = 2048;
    private static final int SOME = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private CutRank() {}

    public static void main(String[] arguments) throws IOException {
        int rank = Integer.parseInt(arguments[0]);
        String carrier = arguments[2] + " on " + arguments[1];
        var addresses = new ArrayList<InetSocketAddress>();
        for (int i = 3; i < arguments.length; i++) {
            addresses.add(new InetSocketAddress(arguments[i], PORT));
        }
        var options = new CollectiveOptions(FLOATS * Float.BYTES, PATIENCE, PATIENCE, 0, 0);
        byte[] secret = {1, 2, 3};
        try (var device = RdmaProvider.named(arguments[2]).orElseThrow().open(DeviceOptions.DEFAULT);
                var arena = Arena.ofConfined()) {
            var vector = arena.allocate(FLOATS * Float.BYTES, 64);
            try (var group = Collective.join(device, options, rank, addresses, secret)) {
                addSome(group, vector);
                System.out.println(carrier + " sums up");
                loseIt(group, vector, carrier);
            }
            try (var group = Collective.join(device, options, rank, addresses, secret)) {
                addSome(group, vector);
                System.out.println(carrier + " sums up again");
                group.barrier();
            }
        }
    }

    private static void addSome(Collective group, MemorySegment vector) throws CollectiveException {
        for (int i = 0; i < SOME; i++) {
            add(group, vector);
        }
    }

    private static void add(Collective group, MemorySegment vector) throws CollectiveException {
        long last = (FLOATS - 1L) * Float.BYTES;
        vector.set(ValueLayout.JAVA_FLOAT, last, group.rank() + 1);
        group.allReduce(vector, FLOATS);
        if (vector.get(ValueLayout.JAVA_FLOAT, last) != 3) {
            throw new IllegalStateException("1 and 2 are " + vector.get(ValueLayout.JAVA_FLOAT, last));
        }
    }

    /** The cable is taken out after the last sum that succeeds: the time since then is no shorter than that since the cut. */
    private static void loseIt(Collective group, MemorySegment vector, String carrier) {
        long good = System.nanoTime();
        try {
            while (true) {
                add(group, vector);
                good = System.nanoTime();
            }
        } catch (CollectiveException e) {
            System.out.println(carrier + " lost after " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - good)
                    + " ms: " + e.getMessage());
        }
    }
}
