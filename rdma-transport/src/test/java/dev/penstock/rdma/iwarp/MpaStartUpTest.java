package dev.penstock.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.WorkCompletion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Start-up as strangers do it, byte by byte over a socket of the test's. */
class MpaStartUpTest implements ConnectionEvents {
    private final IwarpDevice device = (IwarpDevice) new IwarpProviderAccess().open();
    private final dev.penstock.rdma.CompletionQueue queue = device.completionQueue(64);
    private final dev.penstock.rdma.ProtectionDomain domain = device.protectionDomain();
    private final WorkCompletion[] batch = {new WorkCompletion()};
    private InetSocketAddress address;
    private ConnectionParameters agreed;
    private Disconnect disconnect;
    private ConnectionParameters offered;

    private static final class IwarpProviderAccess {
        dev.penstock.rdma.Device open() {
            try {
                return new IwarpProvider().open(DeviceOptions.DEFAULT);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @BeforeEach
    void listen() throws IOException {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        address = device.listen(queue, any, request -> {
                    offered = request.offered();
                    request.accept(pair(), new ConnectionParameters(4, 4, (byte) 9));
                })
                .localAddress();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    private QueuePair pair() {
        return device.queuePair(new QueuePairOptions(domain, queue, 8, 8), this);
    }

    @Override
    public void established(QueuePair pair, ConnectionParameters parameters) {
        agreed = parameters;
    }

    @Override
    public void disconnected(QueuePair pair, Disconnect cause) {
        disconnect = cause;
    }

    private void until(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            queue.poll(batch);
            assertThat(System.nanoTime()).isLessThan(end);
        }
    }

    private static ByteBuffer request(int flags, int revision, int... privateData) {
        var out = ByteBuffer.allocate(20 + privateData.length)
                .put("MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) (flags | revision))
                .putShort((short) privateData.length);
        for (int b : privateData) {
            out.put((byte) b);
        }
        return out.flip();
    }

    /** Sends bytes and answers what came back until the frame is whole or the end came. */
    private ByteBuffer exchange(SocketChannel socket, ByteBuffer bytes, int expected) throws IOException {
        socket.write(bytes);
        socket.configureBlocking(false);
        var in = ByteBuffer.allocate(expected);
        var ended = new boolean[1];
        until(() -> {
            try {
                ended[0] |= socket.read(in) < 0;
            } catch (IOException e) {
                ended[0] = true;
            }
            return ended[0] || !in.hasRemaining();
        });
        return in.flip();
    }

    @Test
    void revisionOneIsAnsweredInRevisionOne() throws IOException {
        try (var socket = SocketChannel.open(address)) {
            var reply = exchange(socket, request(0, 1, 5, 6), 21);
            assertThat(reply.getShort(16)).isEqualTo((short) 1);
            assertThat(reply.get(20)).isEqualTo((byte) 9);
            assertThat(offered.privateData()).containsExactly(5, 6);
        }
    }

    @Test
    void whoAsksForChecksumsGetsThemAndReadsAreAgreedOn() throws IOException {
        try (var socket = SocketChannel.open(address)) {
            // As siw asks: revision 2, enhanced; here with checksums, 32 inbound and 1 outbound reads.
            var reply = exchange(socket, request(0x4000 | 0x1000, 2, 0, 32, 0, 1, 7), 25);
            assertThat(reply.getShort(16) & 0xFFFF).isEqualTo(0x5002);
            assertThat(reply.getShort(20)).isEqualTo((short) 4);
            assertThat(reply.getShort(22)).isEqualTo((short) 4);
            assertThat(offered.inboundReads()).isEqualTo(1);
            assertThat(offered.outboundReads()).isEqualTo(32);
            assertThat(offered.privateData()).containsExactly(7);
        }
    }

    @Test
    void whoOffersPeerToPeerIsToldHowToBegin() throws IOException {
        try (var socket = SocketChannel.open(address)) {
            var reply = exchange(socket, request(0x1000, 2, 0x80, 4, 0xC0, 4), 25);
            assertThat(reply.getShort(20) & 0xFFFF).isEqualTo(0x8004);
            assertThat(reply.getShort(22) & 0xFFFF).isEqualTo(0x8004);
        }
    }

    @Test
    void markersAndUnknownRevisionsAreRejected() throws IOException {
        for (var asked : new ByteBuffer[] {request(0x8000, 1), request(0, 3), request(0x1000, 2, 0xC0, 1, 0, 1)}) {
            try (var socket = SocketChannel.open(address)) {
                var reply = exchange(socket, asked, 20);
                assertThat(reply.getShort(16) & 0x2000).isEqualTo(0x2000);
            }
        }
        assertThat(offered).isNull();
    }

    @Test
    void whatIsNotMpaIsClosedAtOnce() throws IOException {
        try (var socket = SocketChannel.open(address)) {
            var noise = ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(exchange(socket, noise, 20).remaining()).isZero();
        }
    }

    @Test
    void aFrameWithAWrongChecksumEndsTheStream() throws IOException {
        try (var socket = SocketChannel.open(address)) {
            exchange(socket, request(0x4000 | 0x1000, 2, 0, 1, 0, 1), 25);
            var frame = ByteBuffer.allocate(20)
                    .putShort((short) 14)
                    .putShort((short) 0xC140)
                    .putInt(0)
                    .putLong(0)
                    .putInt(0x12345678)
                    .flip();
            socket.write(frame);
            until(() -> disconnect != null);
            assertThat(disconnect.status()).isEqualTo(RdmaStatus.CHECKSUM);
        }
    }

    @Test
    void aServerThatRejectsIsTold() throws IOException {
        try (var listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var server = Thread.ofPlatform().start(() -> {
                try (var socket = listener.accept()) {
                    socket.read(ByteBuffer.allocate(24));
                    socket.write(ByteBuffer.allocate(20)
                            .put("MPA ID Rep Frame".getBytes(StandardCharsets.US_ASCII))
                            .putShort((short) 0x2002)
                            .putShort((short) 0)
                            .flip());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            pair().connect(
                            (InetSocketAddress) listener.getLocalAddress(),
                            new ConnectionParameters(1, 1),
                            Duration.ofSeconds(10));
            until(() -> disconnect != null);
            assertThat(disconnect.status()).isEqualTo(RdmaStatus.REJECTED);
            server.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aServerThatSaysNothingIsGivenUpOn() throws IOException {
        try (var listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            pair().connect(
                            (InetSocketAddress) listener.getLocalAddress(),
                            new ConnectionParameters(1, 1),
                            Duration.ofMillis(50));
            until(() -> disconnect != null);
            assertThat(disconnect.status()).isEqualTo(RdmaStatus.TIMEOUT);
        }
    }
}
