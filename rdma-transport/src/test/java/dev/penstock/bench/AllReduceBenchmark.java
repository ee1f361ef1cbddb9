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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * An all-reduce of 8 KiB between two ranks on loopback, against an exchange of 8 KiB through bare sockets, where each end writes and then
 * reads: the same bytes and the same waiting. Alternating in one run; prints microseconds per operation.
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
            System.out.println("bare exchange, blocking:   " + exchange());
            System.out.println("all-reduce, parking:       " + reduce(0));
            System.out.println("all-reduce, spinning 50us: " + reduce(50_000));
        }
    }

    private static String summary(long[] nanos) {
        Arrays.sort(nanos);
        return String.format(
                "median %.1f us, fastest decile %.1f us, 99 %% %.1f us",
                nanos[nanos.length / 2] / 1e3, nanos[nanos.length / 10] / 1e3, nanos[nanos.length * 99 / 100] / 1e3);
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

    private static void swap(SocketChannel channel, ByteBuffer out, ByteBuffer in) throws IOException {
        out.clear();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        in.clear();
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new IOException("the other end is gone");
            }
        }
    }

    private static String exchange() throws Exception {
        try (var listener = ServerSocketChannel.open()) {
            listener.bind(ANY);
            var other = Thread.ofPlatform().start(() -> {
                try (var channel = listener.accept()) {
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    var out = ByteBuffer.allocateDirect(FLOATS * 4);
                    var in = ByteBuffer.allocateDirect(FLOATS * 4);
                    time(() -> swap(channel, out, in));
                } catch (IOException e) {
                    System.out.println(e);
                }
            });
            try (var channel = SocketChannel.open(listener.getLocalAddress())) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                var out = ByteBuffer.allocateDirect(FLOATS * 4);
                var in = ByteBuffer.allocateDirect(FLOATS * 4);
                var nanos = time(() -> swap(channel, out, in));
                other.join();
                return summary(nanos);
            }
        }
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

    private static String reduce(long spin) throws Exception {
        var options = new CollectiveOptions(256 << 10, Duration.ofSeconds(10), Duration.ofSeconds(10), spin, 0);
        try (Device device = RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT)) {
            var addresses =
                    List.of(new CompletableFuture<InetSocketAddress>(), new CompletableFuture<InetSocketAddress>());
            var other = Thread.ofPlatform().start(() -> {
                try {
                    rank(device, options, 1, addresses);
                } catch (IOException e) {
                    System.out.println(e);
                }
            });
            var nanos = rank(device, options, 0, addresses);
            other.join();
            return summary(nanos);
        }
    }
}
