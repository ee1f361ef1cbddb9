package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.iwarp.MpaFrame.Enhanced;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SocketQueue;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection on the accepting side, up to the MPA reply. Of the listener's owner while it waits for the request and for its deadline;
 * accepting happens on the thread of the queue pair.
 */
final class IwarpRequest implements ConnectionRequest, SocketQueue.Endpoint, SocketQueue.Timed {
    private static final Logger LOG = LoggerFactory.getLogger(IwarpRequest.class);

    /** From the TCP connection to the complete request: an honest peer sends it at once. */
    private static final long REQUEST_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** From the request to the user's answer. */
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final IwarpDevice device;
    private final IwarpQueue queue;
    private final SocketListener listener;
    private final SocketChannel channel;
    private final SocketAddress remote;
    private final ByteBuffer in = ByteBuffer.allocate(MpaFrame.MAX_BYTES + 1);
    private long deadline;
    private @Nullable SelectionKey key;
    private @Nullable MpaFrame request;

    /** Set by whoever decides: the user's answer or the deadline. */
    private final AtomicBoolean decided = new AtomicBoolean();

    IwarpRequest(IwarpDevice device, IwarpQueue queue, SocketListener listener, SocketChannel channel)
            throws IOException {
        this.device = device;
        this.queue = queue;
        this.listener = listener;
        this.channel = channel;
        this.remote = channel.getRemoteAddress();
        this.deadline = System.nanoTime() + REQUEST_NANOS;
    }

    void start() throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        key = queue.register(channel, SelectionKey.OP_READ, this);
        queue.time(this);
    }

    @Override
    public void ready(SelectionKey ready) throws IOException {
        int got = channel.read(in);
        in.flip();
        MpaFrame frame;
        try {
            frame = MpaFrame.decode(in, false);
        } catch (MpaFrame.Malformed e) {
            LOG.debug("{}: {}", remote, e.getMessage());
            drop();
            return;
        }
        if (frame == null) {
            in.compact();
            if (got < 0) {
                drop();
            }
            return;
        }
        ready.interestOps(0);
        queue.untime(this);
        listener.resolved();
        request = frame;
        String objection = objection(frame);
        if (objection != null || in.hasRemaining()) {
            LOG.debug("{} refused: {}", remote, objection == null ? "it did not wait for the reply" : objection);
            reject();
            return;
        }
        deadline = System.nanoTime() + ANSWER_NANOS;
        queue.time(this);
        listener.requested(this);
    }

    private static @Nullable String objection(MpaFrame frame) {
        if (frame.revision() != 1 && frame.revision() != 2) {
            return "MPA revision " + frame.revision();
        }
        if (frame.has(MpaFrame.MARKERS)) {
            return "markers";
        }
        var counts = frame.enhanced();
        boolean noFirstFrame = counts != null
                && counts.peerToPeer()
                && (counts.outbound() & (Enhanced.WRITE_FIRST | Enhanced.READ_FIRST)) == 0;
        return noFirstFrame ? "a first frame that is an empty SEND" : null;
    }

    private MpaFrame request() {
        return java.util.Objects.requireNonNull(request);
    }

    @Override
    public SocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public ConnectionParameters offered() {
        var counts = request().enhanced();
        return counts == null
                // Revision 1 does not say: one read at a time is what every responder can answer.
                ? new ConnectionParameters(SoftDevice.MAX_READS, 1, request().privateData())
                : new ConnectionParameters(
                        counts.outboundReads(), counts.inboundReads(), request().privateData());
    }

    @Override
    public void accept(QueuePair pair, ConnectionParameters parameters) {
        var soft = (SoftQueuePair) pair;
        soft.connecting(remote);
        if (!decided.compareAndSet(false, true)) {
            soft.end(RdmaStatus.TIMEOUT, "the request has expired", null);
            return;
        }
        var offered = offered();
        int inbound = Math.min(parameters.inboundReads(), SoftDevice.MAX_READS);
        int outbound = Math.min(parameters.outboundReads(), offered.outboundReads());
        var reply = reply(inbound, outbound, parameters.privateData());
        var agreed = new ConnectionParameters(inbound, outbound, offered.privateData());
        boolean checksums = reply.has(MpaFrame.CHECKSUM);
        try {
            var stream = new IwarpStream((IwarpQueue) soft.queue(), soft, channel, checksums, ulpdu(reply), false);
            write(reply.encode());
            var present = java.util.Objects.requireNonNull(key);
            if (!((IwarpQueue) soft.queue()).serves(present)) {
                present.cancel();
            }
            stream.start(ByteBuffer.allocate(0));
            soft.established(agreed);
        } catch (IOException e) {
            close();
            soft.end(RdmaStatus.CONNECTION_LOST, "on accepting: " + e, null);
        }
    }

    private static int ulpdu(MpaFrame reply) {
        return reply.has(MpaFrame.LARGE_FRAMES) ? FpduWriter.MAX_ULPDU : FpduWriter.STRANGERS_ULPDU;
    }

    private MpaFrame reply(int inbound, int outbound, byte[] privateData) {
        var asked = request();
        int flags = asked.flags() & MpaFrame.LARGE_FRAMES;
        if (asked.has(MpaFrame.CHECKSUM) || device.checksums()) {
            flags |= MpaFrame.CHECKSUM;
        }
        Enhanced counts = null;
        var offered = asked.enhanced();
        if (offered != null) {
            flags |= MpaFrame.ENHANCED;
            int first = 0;
            if (offered.peerToPeer()) {
                boolean write = (offered.outbound() & Enhanced.WRITE_FIRST) != 0;
                first = write ? Enhanced.WRITE_FIRST : Enhanced.READ_FIRST;
            }
            counts = new Enhanced(inbound | (first == 0 ? 0 : Enhanced.PEER_TO_PEER), outbound | first);
        }
        return new MpaFrame(true, flags, asked.revision(), ByteBuffer.wrap(privateData), counts);
    }

    @Override
    public void reject(byte... privateData) {
        if (!decided.compareAndSet(false, true)) {
            return;
        }
        int revision = request().revision() >= 2 ? 2 : 1;
        var enhanced = request().enhanced() == null ? null : new Enhanced(0, 0);
        int flags = MpaFrame.REJECT | (enhanced == null ? 0 : MpaFrame.ENHANCED);
        try {
            write(new MpaFrame(true, flags, revision, ByteBuffer.wrap(privateData), enhanced).encode());
            channel.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("on rejecting {}", remote, e);
        }
        close();
    }

    /** The first bytes on a fresh socket: they fit its buffer. */
    private void write(ByteBuffer frame) throws IOException {
        channel.write(frame);
        if (frame.hasRemaining()) {
            throw new IOException("a start-up frame did not fit the socket's buffer");
        }
    }

    @Override
    public void failed(IOException e) {
        LOG.debug("{} lost before its request", remote, e);
        drop();
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public void expired() {
        if (request == null) {
            LOG.debug("{} closed: no request in time", remote);
            drop();
        } else if (decided.compareAndSet(false, true)) {
            close();
        }
    }

    /** Ends a connection that has not made its request. */
    private void drop() {
        queue.untime(this);
        listener.resolved();
        close();
    }

    private void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("on closing {}", remote, e);
        }
    }
}
