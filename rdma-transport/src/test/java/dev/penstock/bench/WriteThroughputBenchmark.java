package dev.penstock.bench;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.rdma.TestEnds;
import dev.penstock.rdma.WorkCompletion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * RDMA WRITE on loopback against the same bytes through bare sockets, alternating in one run: {@code ./mvnw -Pbenchmark test}. Prints GB/s and
 * the ratio of the medians.
 */
@Tag("benchmark")
class WriteThroughputBenchmark {
    private static final int CHUNK = 1 << 20;
    private static final long BYTES = 1L << 30;
    private static final int ROUNDS = 9;

    @Test
    void writesAgainstBareSockets() throws Exception {
        var raw = new ArrayList<Double>();
        var plain = new ArrayList<Double>();
        var checked = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            raw.add(raw());
            plain.add(writes(false));
            checked.add(writes(true));
            System.out.printf(
                    "raw %.2f  iwarp %.2f  with checksums %.2f GB/s%n",
                    raw.getLast(), plain.getLast(), checked.getLast());
        }
        double base = median(raw);
        System.out.printf(
                "medians: raw %.2f GB/s, iwarp %.2f of it, with checksums %.2f of it%n",
                base, median(plain) / base, median(checked) / base);
    }

    private static double median(List<Double> values) {
        var sorted = values.stream().mapToDouble(d -> d).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** Bare sockets move chunk by chunk from one region to another, as the writes do. */
    private static double raw() throws Exception {
        MemorySegment from = Regions.map(16L * CHUNK, Arena.ofAuto());
        MemorySegment to = Regions.map(16L * CHUNK, Arena.ofAuto());
        try (var listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var received = new CompletableFuture<Long>();
            var receiver = Thread.ofPlatform().start(() -> {
                try (var in = listener.accept()) {
                    var buffer = to.asByteBuffer();
                    long got = 0;
                    while (got < BYTES) {
                        if (!buffer.hasRemaining()) {
                            buffer.clear();
                        }
                        buffer.limit(Math.min(buffer.capacity(), buffer.position() + CHUNK));
                        got += in.read(buffer);
                        buffer.limit(buffer.capacity());
                    }
                    received.complete(System.nanoTime());
                } catch (IOException e) {
                    received.completeExceptionally(e);
                }
            });
            try (var out = SocketChannel.open(listener.getLocalAddress())) {
                long start = System.nanoTime();
                for (long sent = 0; sent < BYTES; sent += CHUNK) {
                    ByteBuffer buffer =
                            from.asSlice(sent % (16L * CHUNK), CHUNK).asByteBuffer();
                    while (buffer.hasRemaining()) {
                        out.write(buffer);
                    }
                }
                long end = received.get();
                receiver.join();
                return BYTES / (double) (end - start);
            }
        }
    }

    private static double writes(boolean checksums) throws Exception {
        Device device = RdmaProvider.named("iwarp").orElseThrow().open(new DeviceOptions("", checksums));
        var ends = new TestEnds(device, 16L * CHUNK, 4);
        var finished = new CompletableFuture<Long>();
        var receiver = Thread.ofPlatform().start(() -> receive(ends.server, finished));
        long start = send(ends);
        double rate = BYTES / (double) (finished.get() - start);
        ends.client.pair.close();
        var batch = batch();
        while (ends.client.disconnect == null) {
            ends.client.queue.poll(batch);
        }
        receiver.join();
        device.close();
        return rate;
    }

    private static WorkCompletion[] batch() {
        var batch = new WorkCompletion[16];
        Arrays.setAll(batch, i -> new WorkCompletion());
        return batch;
    }

    private static void receive(TestEnds.End end, CompletableFuture<Long> finished) {
        var batch = batch();
        end.pair.postReceive(1, end.span(0, 64));
        while (end.disconnect == null) {
            int n = end.queue.poll(batch);
            if (n > 0 && batch[0].succeeded()) {
                finished.complete(System.nanoTime());
            } else if (n == 0) {
                end.queue.await(1_000_000);
            }
        }
    }

    private static long send(TestEnds ends) {
        var end = ends.client;
        var batch = batch();
        while (end.agreed == null) {
            end.queue.poll(batch);
        }
        long start = System.nanoTime();
        long posted = 0;
        long done = 0;
        boolean last = false;
        while (!last) {
            while (posted < BYTES && posted - done < 16L * CHUNK) {
                long at = posted % (16L * CHUNK);
                end.pair.postWrite(2, List.of(end.span(at, CHUNK)), ends.server.remote(at, CHUNK));
                posted += CHUNK;
                if (posted == BYTES) {
                    end.pair.postSend(3, List.of(end.span(0, 8)));
                }
            }
            int n = end.queue.poll(batch);
            for (int i = 0; i < n; i++) {
                done += CHUNK;
                last |= batch[i].id() == 3;
            }
            if (n == 0) {
                end.queue.await(1_000_000);
            }
        }
        return start;
    }
}
