package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.Carrier;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import dev.penstock.rdma.rdmap.SocketQueue;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection on the asking side, up to the peer's answer. Of the queue's owner. */
final class AskingConnection implements Carrier, SocketQueue.Endpoint, SocketQueue.Timed {
    private static final Logger LOG = LoggerFactory.getLogger(AskingConnection.class);

    private final ThunderboltDevice device;
    private final ThunderboltQueue queue;
    private final SoftQueuePair pair;
    private final ConnectionParameters parameters;
    private final ByteBuffer in = ByteBuffer.allocate(Greeting.MAX_BYTES);
    private @Nullable SocketChannel channel;
    private @Nullable FramePort port;
    private int connection;
    private long deadline;

    AskingConnection(
            ThunderboltDevice device, ThunderboltQueue queue, SoftQueuePair pair, ConnectionParameters parameters) {
        this.device = device;
        this.queue = queue;
        this.pair = pair;
        this.parameters = parameters;
    }

    void connect(InetSocketAddress remote, Duration timeout) {
        pair.carrier(this);
        deadline = System.nanoTime() + timeout.toNanos();
        queue.time(this);
        try {
            var socket = SocketChannel.open();
            channel = socket;
            socket.configureBlocking(false);
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            boolean connected = socket.connect(remote);
            var key = queue.register(socket, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                ask(key);
            }
        } catch (IOException | UnresolvedAddressException e) {
            pair.end(RdmaStatus.UNREACHABLE, remote + ": " + e, null);
        }
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        var socket = java.util.Objects.requireNonNull(channel);
        if (key.isConnectable()) {
            try {
                socket.finishConnect();
            } catch (IOException e) {
                pair.end(RdmaStatus.UNREACHABLE, pair.remoteAddress() + ": " + e.getMessage(), null);
                return;
            }
            ask(key);
            return;
        }
        int got = socket.read(in);
        in.flip();
        Greeting answer;
        try {
            answer = Greeting.decode(in);
        } catch (Greeting.Malformed e) {
            pair.end(RdmaStatus.PROTOCOL, pair.remoteAddress() + ": " + e.getMessage(), null);
            return;
        }
        if (answer != null) {
            answered(answer, key);
            return;
        }
        in.compact();
        if (got < 0) {
            pair.end(RdmaStatus.CONNECTION_LOST, "closed by the peer before its answer", null);
        }
    }

    private void ask(SelectionKey key) throws IOException {
        var socket = java.util.Objects.requireNonNull(channel);
        var made = device.fabric()
                .port((InetSocketAddress) socket.getLocalAddress(), (InetSocketAddress) socket.getRemoteAddress());
        port = made;
        connection = device.newConnection();
        int inbound = Math.min(parameters.inboundReads(), SoftDevice.MAX_READS);
        var greeting = new Greeting(
                Greeting.Kind.ASK,
                connection,
                made.receives(),
                ByteBuffer.wrap(made.address()),
                inbound,
                parameters.outboundReads(),
                ByteBuffer.wrap(parameters.privateData()));
        SideChannel.writeAll(socket, greeting.encode());
        key.interestOps(SelectionKey.OP_READ);
    }

    private void answered(Greeting answer, SelectionKey key) throws IOException {
        if (answer.kind() == Greeting.Kind.REJECT) {
            pair.end(RdmaStatus.REJECTED, "refused by " + pair.remoteAddress(), null);
            return;
        }
        if (answer.kind() != Greeting.Kind.ACCEPT || answer.connection() != connection) {
            pair.end(RdmaStatus.PROTOCOL, "an answer to another question", null);
            return;
        }
        var to = java.util.Objects.requireNonNull(port);
        to.connect(answer.portAddress());
        queue.untime(this);
        port = null;
        var socket = java.util.Objects.requireNonNull(channel);
        var stream = new ThunderboltStream(queue, pair, new SideChannel(socket), to);
        var offered = answer.offered();
        int outbound = Math.min(parameters.outboundReads(), offered.outboundReads());
        int inbound = Math.min(parameters.inboundReads(), SoftDevice.MAX_READS);
        key.attach(stream);
        stream.start(connection, answer.receives());
        stream.sayReady();
        stream.establish(new ConnectionParameters(inbound, outbound, offered.privateData()));
    }

    @Override
    public void failed(IOException e) {
        pair.end(RdmaStatus.CONNECTION_LOST, String.valueOf(e.getMessage()), null);
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public void expired() {
        pair.end(RdmaStatus.TIMEOUT, "no answer from " + pair.remoteAddress(), null);
    }

    @Override
    public void wantsToSend() {
        // Not yet.
    }

    @Override
    public void end(@Nullable OutgoingSegment last) {
        queue.untime(this);
        if (port != null) {
            port.close();
        }
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("on closing {}", channel, e);
        }
    }
}
