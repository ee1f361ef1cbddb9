package dev.penstock.bench;

import dev.penstock.collective.Collective;
import dev.penstock.collective.CollectiveBootstrap;
import dev.penstock.collective.CollectiveOptions;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * An all-reduce of 8 KiB over two, three and four ranks on loopback, against 8 KiB there and back through a bare socket, and against an exchange
 * through bare sockets in which each end writes to all others and then reads from all: the same bytes and the same waiting as in the all-reduce,
 * and nothing else. In turn in one run; prints microseconds per operation, and the medians' ratios to the round trip.
 */
@Tag("benchmark")
class AllReduceBenchmark {
    private static final int FLOATS = 2048;
    private static final int WARM_UP = 20_000;
    private static final int OPERATIONS = 20_000;
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Test
    void allReduceAgainstBareSockets() throws Exception {
        for (int round = 0; round < 3; round++) {
            double trip =
                    print("bare round trip, blocking", 0, sockets(AllReduceBenchmark::ask, AllReduceBenchmark::answer));
            for (int ranks = 2; ranks <= 4; ranks++) {
                print(ranks + " ends, bare exchange, blocking", trip, exchange(ranks));
                print(ranks + " ranks, parking", trip, reduce(ranks, 0, 0));
                print(ranks + " ranks, spinning 50 us, then yielding 5 ms", trip, reduce(ranks, 50_000, 5_000_000));
            }
        }
    }

    private static double print(String what, double trip, long[] nanos) {
        Arrays.sort(nanos);
        double median = nanos[nanos.length / 2] / 1e3;
        System.out.printf(
                Locale.ROOT,
                "%-45s median %6.1f us, fastest decile %6.1f us, 99 %% %7.1f us, ratio %.2f%n",
                what,
                median,
                nanos[nanos.length / 10] / 1e3,
                nanos[nanos.length * 99 / 100] / 1e3,
                trip == 0 ? 1 : median / trip);
        return median;
    }

    private interface Step {
        void run() throws IOException;
    }

    private static long[] time(Step step) throws IOException {
        for (int i = 0; i < WARM_UP; i++) {
            step.run();
        }
        long[] nanos = new long[OPERATIONS];
        for (int i = 0; i < OPERATIONS; i++) {
            long start = System.nanoTime();
            step.run();
            nanos[i] = System.nanoTime() - start;
        }
        return nanos;
    }

    private interface Turn {
        void take(SocketChannel channel, ByteBuffer out, ByteBuffer in) throws IOException;
    }

    private static void write(SocketChannel channel, ByteBuffer out) throws IOException {
        out.clear();
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    private static void read(SocketChannel channel, ByteBuffer in) throws IOException {
        in.clear();
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new IOException("the other end is gone");
            }
        }
    }

    private static void ask(SocketChannel channel, ByteBuffer out, ByteBuffer in) throws IOException {
        write(channel, out);
        read(channel, in);
    }

    private static void answer(SocketChannel channel, ByteBuffer out, ByteBuffer in) throws IOException {
        read(channel, in);
        write(channel, out);
    }

    private static long[] time(SocketChannel channel, Turn turn) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        var out = ByteBuffer.allocateDirect(FLOATS * 4);
        var in = ByteBuffer.allocateDirect(FLOATS * 4);
        return time(() -> turn.take(channel, out, in));
    }

    private static long[] sockets(Turn here, Turn there) throws Exception {
        try (var listener = ServerSocketChannel.open()) {
            listener.bind(ANY);
            var other = Thread.ofPlatform().start(() -> {
                try (var channel = listener.accept()) {
                    time(channel, there);
                } catch (IOException e) {
                    System.out.println(e);
                }
            });
            try (var channel = SocketChannel.open(listener.getLocalAddress())) {
                var nanos = time(channel, here);
                other.join();
                return nanos;
            }
        }
    }

    /** All write to all and read from all. */
    private static long[] exchange(int ends) throws Exception {
        var channels = new SocketChannel[ends][ends];
        try (var listener = ServerSocketChannel.open()) {
            listener.bind(ANY);
            for (int i = 0; i < ends; i++) {
                for (int j = 0; j < i; j++) {
                    channels[i][j] = SocketChannel.open(listener.getLocalAddress());
                    channels[j][i] = listener.accept();
                    channels[i][j].setOption(StandardSocketOptions.TCP_NODELAY, true);
                    channels[j][i].setOption(StandardSocketOptions.TCP_NODELAY, true);
                }
            }
        }
        var others = new ArrayList<Thread>();
        for (int i = 1; i < ends; i++) {
            var mine = channels[i];
            others.add(Thread.ofPlatform().start(() -> {
                try {
                    exchange(mine);
                } catch (IOException e) {
                    System.out.println(e);
                }
            }));
        }
        var nanos = exchange(channels[0]);
        for (Thread other : others) {
            other.join();
        }
        for (var row : channels) {
            for (var channel : row) {
                if (channel != null) {
                    channel.close();
                }
            }
        }
        return nanos;
    }

    private static long[] exchange(SocketChannel[] others) throws IOException {
        var out = ByteBuffer.allocateDirect(FLOATS * 4);
        var in = ByteBuffer.allocateDirect(FLOATS * 4);
        return time(() -> {
            for (var channel : others) {
                if (channel != null) {
                    write(channel, out);
                }
            }
            for (var channel : others) {
                if (channel != null) {
                    read(channel, in);
                }
            }
        });
    }

    private static long[] rank(
            Device device, CollectiveOptions options, int rank, List<CompletableFuture<InetSocketAddress>> addresses)
            throws IOException {
        var bootstrap = CollectiveBootstrap.listen(device, ANY);
        addresses.get(rank).complete(bootstrap.localAddress());
        var all = addresses.stream().map(CompletableFuture::join).toList();
        try (Collective group = bootstrap.join(options, rank, all, new byte[0])) {
            var vector = Arena.ofAuto().allocate(FLOATS * 4L, 64);
            return time(() -> group.allReduce(vector, FLOATS));
        }
    }

    private static long[] reduce(int ranks, long spin, long yield) throws Exception {
        var options = new CollectiveOptions(256 << 10, Duration.ofSeconds(10), Duration.ofSeconds(10), spin, yield);
        try (Device device = RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT)) {
            var addresses = new ArrayList<CompletableFuture<InetSocketAddress>>();
            for (int i = 0; i < ranks; i++) {
                addresses.add(new CompletableFuture<>());
            }
            var others = new ArrayList<Thread>();
            for (int i = 1; i < ranks; i++) {
                int rank = i;
                others.add(Thread.ofPlatform().start(() -> {
                    try {
                        rank(device, options, rank, addresses);
                    } catch (IOException e) {
                        System.out.println(e);
                    }
                }));
            }
            var nanos = rank(device, options, 0, addresses);
            for (Thread other : others) {
                other.join();
            }
            return nanos;
        }
    }
}
