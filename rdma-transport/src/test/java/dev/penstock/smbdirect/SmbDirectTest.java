package dev.penstock.smbdirect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.penstock.memory.Lease;
import dev.penstock.memory.Regions;
import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.smbdirect.SmbDirectConnection.CloseReason.Cause;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Both roles, over iWARP on loopback. */
class SmbDirectTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final SmbDirectConfig SMALL = new SmbDirectConfig(
            4, 1364, 131_072, 1 << 20, 4, Duration.ofSeconds(5), Duration.ofSeconds(120), Duration.ofSeconds(5));

    private final SlabPool pool =
            new SlabPool(List.of(new SlabPool.SizeClass(1 << 20, 8), new SlabPool.SizeClass(4096, 64)));
    private final Device device = openDevice();
    private final List<AutoCloseable> closeables = new ArrayList<>();
    private final RecordingHandler server = new RecordingHandler();
    private final RecordingHandler client = new RecordingHandler();

    private static Device openDevice() {
        try {
            return RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private SmbDirectEndpoint endpoint(SmbDirectConfig config, String name) throws Exception {
        var endpoint = new SmbDirectEndpoint(device, pool, config, 1, 0, name);
        closeables.add(endpoint);
        return endpoint;
    }

    private SmbDirectConnection connect(SmbDirectConfig serverConfig, SmbDirectConfig clientConfig) throws Exception {
        var listener = endpoint(serverConfig, "server").listen(ANY, server::accept);
        return endpoint(clientConfig, "client")
                .connect(listener.localAddress(), client)
                .get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable c : closeables.reversed()) {
            c.close();
        }
        device.close();
        assertThat(pool.outstanding()).isZero();
    }

    private static byte[] random(int bytes, long seed) {
        byte[] out = new byte[bytes];
        new Random(seed).nextBytes(out);
        return out;
    }

    private static final class Waiter implements SmbDirectConnection.Completion {
        final CompletableFuture<Void> future = new CompletableFuture<>();

        @Override
        public void done(SmbDirectException failure) {
            if (failure == null) {
                future.complete(null);
            } else {
                future.completeExceptionally(failure);
            }
        }

        void join() throws Exception {
            future.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void theSmallerSizesCount() throws Exception {
        var connection = connect(SmbDirectConfig.DEFAULT, SMALL);
        assertThat(connection.parameters()).isEqualTo(new SmbDirectParameters(1364, 1364, 1 << 20, 131_072, 1 << 20));
        assertThat(server.opened.take().parameters())
                .isEqualTo(new SmbDirectParameters(1364, 1364, 131_072, 1 << 20, 8 << 20));
    }

    @Test
    void messagesOfEverySizeArriveWholeInBothDirections() throws Exception {
        var connection = connect(SmbDirectConfig.DEFAULT, SmbDirectConfig.DEFAULT);
        var back = server.opened.take();
        int[] sizes = {1, 7, 8, 255, 256, 8167, 8168, 8169, 16336, 16337, 100_000, 1 << 20};
        for (int size : sizes) {
            byte[] message = random(size, size);
            connection.send(List.of(MemorySegment.ofArray(message)), SmbDirectConnection.Completion.IGNORED);
            assertThat(server.nextMessage()).isEqualTo(message);
            back.send(
                    List.of(
                            MemorySegment.ofArray(Arrays.copyOf(message, size / 2)),
                            MemorySegment.ofArray(new byte[0]),
                            MemorySegment.ofArray(Arrays.copyOfRange(message, size / 2, size))),
                    SmbDirectConnection.Completion.IGNORED);
            assertThat(client.nextMessage()).isEqualTo(message);
        }
    }

    @Test
    void registeredPartsAreSentFromWhereTheyAre() throws Exception {
        var connection = connect(SmbDirectConfig.DEFAULT, SmbDirectConfig.DEFAULT);
        Lease slab = pool.take(300_000);
        byte[] payload = random(300_000, 5);
        MemorySegment.copy(payload, 0, slab.memory(), ValueLayout.JAVA_BYTE, 0, payload.length);
        byte[] head = random(64, 6);
        var done = new Waiter();
        connection.send(List.of(MemorySegment.ofArray(head), slab.memory().asSlice(0, 300_000)), done);
        done.join();
        slab.release();
        byte[] got = server.nextMessage();
        assertThat(Arrays.copyOf(got, 64)).isEqualTo(head);
        assertThat(Arrays.copyOfRange(got, 64, got.length)).isEqualTo(payload);
    }

    @Test
    void fewCreditsOnBothSidesAreEnoughForManyMessagesInBothDirections() throws Exception {
        var two = new SmbDirectConfig(
                2, 128, 131_072, 1 << 20, 4, Duration.ofSeconds(5), Duration.ofSeconds(120), Duration.ofSeconds(5));
        var connection = connect(two, two);
        var back = server.opened.take();
        for (int i = 0; i < 500; i++) {
            var message = List.of(MemorySegment.ofArray(random(1 + i, i)));
            connection.send(message, SmbDirectConnection.Completion.IGNORED);
            back.send(message, SmbDirectConnection.Completion.IGNORED);
        }
        for (int i = 0; i < 500; i++) {
            assertThat(server.nextMessage()).isEqualTo(random(1 + i, i));
            assertThat(client.nextMessage()).isEqualTo(random(1 + i, i));
        }
        assertThat(connection.counters().messagesOut()).isEqualTo(500);
    }

    @Test
    void aUserThatHoldsItsMessagesSlowsThePeerDownButLosesNothing() throws Exception {
        server.hold = true;
        var connection = connect(SMALL, SMALL);
        for (int i = 0; i < 100; i++) {
            connection.send(List.of(MemorySegment.ofArray(random(1000, i))), SmbDirectConnection.Completion.IGNORED);
        }
        // 64 small slabs, 8 large ones and 4 receive buffers hold less than 100 messages.
        await().atMost(Duration.ofSeconds(20)).until(() -> server.messages.size() >= 64);
        assertThat(server.messages.size()).isLessThan(100);
        server.hold = false;
        server.held.forEach(Lease::release);
        for (int i = 0; i < 100; i++) {
            assertThat(server.nextMessage()).isEqualTo(random(1000, i));
        }
    }

    @Test
    void theServerWritesAndReadsTheClientsMemoryOverSeveralDescriptors() throws Exception {
        var listener = endpoint(SmbDirectConfig.DEFAULT, "server").listen(ANY, server::accept);
        var clientEnd = endpoint(SmbDirectConfig.DEFAULT, "client");
        var connection = clientEnd.connect(listener.localAddress(), client).get(20, TimeUnit.SECONDS);
        var back = server.opened.take();
        var memory = Regions.map(1 << 20, Arena.ofAuto());
        var region = clientEnd.register(memory);

        var first = connection.expose(region, 0, 1000, true);
        var second = connection.expose(region, 500_000, 300_000, true);
        var descriptors = List.of(descriptor(first), descriptor(second));
        Lease slab = pool.take(1 << 20);
        byte[] payload = random(250_000, 9);
        MemorySegment.copy(payload, 0, slab.memory(), ValueLayout.JAVA_BYTE, 0, payload.length);
        var written = new Waiter();
        back.writeToPeer(
                descriptors,
                List.of(slab.memory().asSlice(0, 600), slab.memory().asSlice(600, 249_400)),
                written);
        back.sendInvalidating(
                List.of(MemorySegment.ofArray(new byte[] {1})),
                descriptors.get(0).token(),
                SmbDirectConnection.Completion.IGNORED);
        client.nextMessage();
        assertThat(memory.asSlice(0, 1000).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Arrays.copyOf(payload, 1000));
        assertThat(memory.asSlice(500_000, 249_000).toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(Arrays.copyOfRange(payload, 1000, 250_000));
        assertThat(first.open()).isFalse();
        assertThat(second.open()).isTrue();
        written.join();
        assertThat(back.counters().bytesWritten()).isEqualTo(250_000);

        var readable = List.of(
                descriptor(connection.expose(region, 500_000, 100_000, false)),
                descriptor(connection.expose(region, 0, 1000, false)));
        var read = new Waiter();
        back.readFromPeer(readable, slab.memory().asSlice(0, 101_000), read);
        read.join();
        assertThat(slab.memory().asSlice(100_000, 1000).toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(Arrays.copyOf(payload, 1000));
        assertThat(back.counters().bytesRead()).isEqualTo(101_000);
        slab.release();
    }

    private static BufferDescriptor descriptor(dev.penstock.rdma.MemoryWindow window) {
        var span = window.span();
        return new BufferDescriptor(span.address(), span.key(), span.length());
    }

    @Test
    void aDescriptorThatLiesEndsTheConnectionAndFailsTheTransfer() throws Exception {
        connect(SmbDirectConfig.DEFAULT, SmbDirectConfig.DEFAULT);
        var back = server.opened.take();
        Lease slab = pool.take(4096);
        var read = new Waiter();
        back.readFromPeer(List.of(new BufferDescriptor(4096, 77, 4096)), slab.memory(), read);
        assertThatThrownBy(read::join).hasCauseInstanceOf(SmbDirectException.class);
        assertThat(server.nextClose().cause()).isEqualTo(Cause.PROTOCOL);
        assertThat(client.nextClose().cause()).isEqualTo(Cause.PROTOCOL);
        slab.release();
    }

    @Test
    void mistakesOfTheUserAreToldAtOnce() throws Exception {
        var connection = connect(SMALL, SMALL);
        var done = SmbDirectConnection.Completion.IGNORED;
        assertThatThrownBy(() -> connection.send(List.of(MemorySegment.ofArray(new byte[131_073])), done))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> connection.writeToPeer(
                        List.of(new BufferDescriptor(0, 1, 10)), List.of(MemorySegment.ofArray(new byte[5])), done))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closingBringsOutWhatWasSentBeforeAndTellsBothUsers() throws Exception {
        var connection = connect(SMALL, SMALL);
        for (int i = 0; i < 20; i++) {
            connection.send(List.of(MemorySegment.ofArray(random(5000, i))), SmbDirectConnection.Completion.IGNORED);
        }
        connection.close();
        for (int i = 0; i < 20; i++) {
            assertThat(server.nextMessage()).isEqualTo(random(5000, i));
        }
        assertThat(client.nextClose().cause()).isEqualTo(Cause.LOCAL);
        assertThat(server.nextClose().cause()).isEqualTo(Cause.REMOTE);
        var late = new Waiter();
        connection.send(List.of(MemorySegment.ofArray(new byte[1])), late);
        assertThatThrownBy(late::join).hasCauseInstanceOf(SmbDirectException.class);
    }

    @Test
    void aSilentPeerThatAnswersKeepAlivesStays() throws Exception {
        var quick = SMALL.withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(100), Duration.ofSeconds(5));
        var connection = connect(quick, SMALL);
        var back = server.opened.take();
        long before = back.counters().fragmentsIn();
        await().atMost(Duration.ofSeconds(20)).until(() -> back.counters().fragmentsIn() >= before + 3);
        assertThat(server.closed).isEmpty();
        assertThat(connection.counters().fragmentsOut()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aMessageReleasedAtTheEndGivesTheConnectionsBuffersBackOnce() throws Exception {
        var held = new CompletableFuture<Lease>();
        var over = new CompletableFuture<Void>();
        var serverEnd = endpoint(SMALL, "server");
        var listener = serverEnd.listen(ANY, made -> new SmbDirectConnection.Handler() {
            @Override
            public void received(SmbDirectConnection c, Lease message) {
                held.complete(message);
            }

            @Override
            public void closed(SmbDirectConnection c, SmbDirectConnection.CloseReason reason) {
                held.join().release();
                over.complete(null);
            }
        });
        var connection = endpoint(SMALL, "client")
                .connect(listener.localAddress(), client)
                .get(20, TimeUnit.SECONDS);
        connection.send(List.of(MemorySegment.ofArray(random(1, 1))), SmbDirectConnection.Completion.IGNORED);
        held.get(20, TimeUnit.SECONDS);
        connection.close();
        over.get(20, TimeUnit.SECONDS);
        listener.close();
        serverEnd.close();
        int stripes = 0;
        while (serverEnd.stripes().take() != null) {
            stripes++;
        }
        assertThat(stripes).isEqualTo(SMALL.maxConnections());
    }

    @Test
    void connectionsBeyondTheLimitAreRefused() throws Exception {
        var one = new SmbDirectConfig(
                4, 1364, 131_072, 1 << 20, 1, Duration.ofSeconds(5), Duration.ofSeconds(120), Duration.ofSeconds(5));
        var listener = endpoint(one, "server").listen(ANY, server::accept);
        var clientEnd = endpoint(SMALL, "client");
        var first = clientEnd.connect(listener.localAddress(), client).get(20, TimeUnit.SECONDS);
        assertThatThrownBy(
                        () -> clientEnd.connect(listener.localAddress(), client).get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(SmbDirectException.class);
        first.close();
        server.nextClose();
        clientEnd.connect(listener.localAddress(), client).get(20, TimeUnit.SECONDS);
    }

    @Test
    void nobodyListening() throws Exception {
        var listener = endpoint(SMALL, "server").listen(ANY, server::accept);
        var address = listener.localAddress();
        listener.close();
        var clientEnd = endpoint(SMALL, "client");
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThatThrownBy(
                                () -> clientEnd.connect(address, client).get(20, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(SmbDirectException.class));
    }

    @Test
    void aConnectionWhoseLoopFailedIsToldSo() throws Exception {
        var connection = connect(SMALL, SMALL);
        var link = (Link) connection;
        link.run(() -> link.abandoned("the loop has failed"));
        assertThat(client.nextClose().cause()).isEqualTo(Cause.TRANSPORT);
        assertThat(server.nextClose().cause()).isNotEqualTo(Cause.LOCAL);
    }
}
