package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.iwarp.MpaFrame.Enhanced;
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

/** A connection on the asking side, up to the MPA reply. Of the queue's owner. */
final class IwarpConnector implements Carrier, SocketQueue.Endpoint, SocketQueue.Timed {
    private static final Logger LOG = LoggerFactory.getLogger(IwarpConnector.class);

    private final IwarpDevice device;
    private final IwarpQueue queue;
    private final SoftQueuePair pair;
    private final ConnectionParameters parameters;
    private final ByteBuffer in = ByteBuffer.allocate(MpaFrame.MAX_BYTES);
    private @Nullable SocketChannel channel;
    private long deadline;

    IwarpConnector(IwarpDevice device, IwarpQueue queue, SoftQueuePair pair, ConnectionParameters parameters) {
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

    private SocketChannel socket() {
        return java.util.Objects.requireNonNull(channel);
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        if (key.isConnectable()) {
            try {
                socket().finishConnect();
            } catch (IOException e) {
                pair.end(RdmaStatus.UNREACHABLE, pair.remoteAddress() + ": " + e.getMessage(), null);
                return;
            }
            ask(key);
            return;
        }
        int got = socket().read(in);
        in.flip();
        try {
            var reply = MpaFrame.decode(in, true);
            if (reply != null) {
                answered(reply);
                return;
            }
        } catch (MpaFrame.Malformed e) {
            pair.end(RdmaStatus.PROTOCOL, "the reply: " + e.getMessage(), null);
            return;
        }
        in.compact();
        if (got < 0) {
            pair.end(RdmaStatus.REJECTED, "closed without a reply", null);
        }
    }

    private void ask(SelectionKey key) throws IOException {
        // Any of the two ends of a collective may be the first to write, so the peer is asked to wait for an empty
        // write of ours.
        var counts = new Enhanced(
                Math.min(parameters.inboundReads(), SoftDevice.MAX_READS) | Enhanced.PEER_TO_PEER,
                Math.min(parameters.outboundReads(), SoftDevice.MAX_READS) | Enhanced.WRITE_FIRST);
        int flags = MpaFrame.ENHANCED | MpaFrame.LARGE_FRAMES | (device.checksums() ? MpaFrame.CHECKSUM : 0);
        var request = new MpaFrame(false, flags, 2, ByteBuffer.wrap(parameters.privateData()), counts).encode();
        socket().write(request);
        if (request.hasRemaining()) {
            throw new IOException("a start-up frame did not fit the socket's buffer");
        }
        key.interestOps(SelectionKey.OP_READ);
    }

    private void answered(MpaFrame reply) throws IOException {
        queue.untime(this);
        if (reply.has(MpaFrame.REJECT)) {
            pair.end(RdmaStatus.REJECTED, "refused by " + pair.remoteAddress(), null);
            return;
        }
        var counts = reply.enhanced();
        boolean firstFrame = counts != null && counts.peerToPeer();
        boolean agreeable = counts == null || !counts.peerToPeer() || (counts.outbound() & Enhanced.WRITE_FIRST) != 0;
        if (reply.has(MpaFrame.MARKERS) || !agreeable) {
            pair.end(RdmaStatus.PROTOCOL, "the reply asks for what was not offered", null);
            return;
        }
        int outbound = counts == null ? 1 : Math.min(parameters.outboundReads(), counts.inboundReads());
        int inbound = Math.min(parameters.inboundReads(), SoftDevice.MAX_READS);
        boolean checksums = device.checksums() || reply.has(MpaFrame.CHECKSUM);
        int ulpdu = reply.has(MpaFrame.LARGE_FRAMES) ? FpduWriter.MAX_ULPDU : FpduWriter.STRANGERS_ULPDU;
        var stream = new IwarpStream(queue, pair, socket(), checksums, ulpdu, true);
        if (firstFrame) {
            stream.beginWithEmptyWrite();
        }
        stream.start(in);
        pair.established(new ConnectionParameters(inbound, outbound, reply.privateData()));
        stream.consume();
    }

    @Override
    public void failed(IOException e) {
        pair.end(RdmaStatus.CONNECTION_LOST, "before the reply: " + e, null);
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public void expired() {
        pair.end(RdmaStatus.TIMEOUT, "no connection to " + pair.remoteAddress() + " in time", null);
    }

    @Override
    public void wantsToSend() {}

    @Override
    public void end(@Nullable OutgoingSegment last) {
        queue.untime(this);
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("on closing", e);
        }
    }
}
