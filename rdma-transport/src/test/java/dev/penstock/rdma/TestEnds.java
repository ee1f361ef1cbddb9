package dev.penstock.rdma;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Two ends of a connection, both driven by the test's own thread. */
public final class TestEnds implements AutoCloseable {
    /** A completion that outlives its poll. */
    public record Done(
            WorkCompletion.Opcode opcode, long id, RdmaStatus status, long length, boolean invalidated, int key) {}

    /** One end. Its memory goes with it and not with a collection some time: adapters pin every page of it. */
    public static final class End implements ConnectionEvents, AutoCloseable {
        private final Arena arena = Arena.ofShared();
        public final ProtectionDomain domain;
        public final CompletionQueue queue;
        public final MemorySegment memory;
        public final MemoryRegion region;
        public final List<Done> done = new ArrayList<>();
        public QueuePair pair;
        public ConnectionParameters agreed;
        public ConnectionEvents.Disconnect disconnect;
        private final WorkCompletion[] batch = {new WorkCompletion(), new WorkCompletion(), new WorkCompletion()};

        End(Device device, long bytes) throws RdmaException {
            domain = device.protectionDomain();
            queue = device.completionQueue(64);
            memory = Regions.map(bytes, arena);
            region = domain.register(memory, EnumSet.allOf(Access.class));
        }

        @Override
        public void established(QueuePair p, ConnectionParameters a) {
            agreed = a;
        }

        @Override
        public void disconnected(QueuePair p, Disconnect cause) {
            disconnect = cause;
        }

        public void poll() {
            int n = queue.poll(batch);
            for (int i = 0; i < n; i++) {
                var c = batch[i];
                done.add(new Done(c.opcode(), c.id(), c.status(), c.length(), c.invalidated(), c.invalidatedKey()));
            }
        }

        public LocalSpan span(long offset, long length) {
            return region.span(offset, length);
        }

        public RemoteSpan remote(long offset, long length) {
            return region.remoteSpan(offset, length);
        }

        public long count(WorkCompletion.Opcode opcode) {
            return done.stream()
                    .filter(d -> d.opcode == opcode && d.status == RdmaStatus.SUCCESS)
                    .count();
        }

        @Override
        public void close() {
            queue.close();
            domain.close();
            arena.close();
        }
    }

    public static final Duration LIMIT = Duration.ofSeconds(20);
    public final End client;
    public final End server;
    private final Listener listener;

    public TestEnds(Device device, long bytes, int reads) throws IOException {
        this(device, InetAddress.getLoopbackAddress(), bytes, reads);
    }

    public TestEnds(Device device, InetAddress address, long bytes, int reads) throws IOException {
        this(device, device, address, bytes, reads);
    }

    /** The ends on two devices. */
    public TestEnds(Device asking, Device accepting, InetAddress address, long bytes, int reads) throws IOException {
        client = new End(asking, bytes);
        server = new End(accepting, bytes);
        server.pair = accepting.queuePair(new QueuePairOptions(server.domain, server.queue, 256, 256), server);
        client.pair = asking.queuePair(new QueuePairOptions(client.domain, client.queue, 256, 256), client);
        listener = accepting.listen(
                server.queue,
                new InetSocketAddress(address, 0),
                request -> request.accept(server.pair, new ConnectionParameters(reads, reads, (byte) 7)));
        client.pair.connect(listener.localAddress(), new ConnectionParameters(reads, reads, (byte) 1, (byte) 2), LIMIT);
    }

    /** One end alone, asking a listener of the test's. */
    public static End client(Device device, InetSocketAddress to) throws IOException {
        var end = new End(device, 1 << 20);
        end.pair = device.queuePair(new QueuePairOptions(end.domain, end.queue, 256, 256), end);
        end.pair.connect(to, new ConnectionParameters(1, 1), LIMIT);
        return end;
    }

    public TestEnds established() {
        until(() -> client.agreed != null && server.agreed != null);
        return this;
    }

    public void until(BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            client.poll();
            server.poll();
            assertThat(System.nanoTime() - end)
                    .as(() -> "in time; client " + client.disconnect + " " + client.done + "; server "
                            + server.disconnect + " " + server.done)
                    .isNegative();
        }
    }

    @Override
    public void close() {
        client.pair.close();
        server.pair.close();
        until(() -> client.disconnect != null && server.disconnect != null);
        listener.close();
        client.close();
        server.close();
    }
}
