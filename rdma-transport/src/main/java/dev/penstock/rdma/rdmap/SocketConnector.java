package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.RdmaStatus;
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

/**
 * A TCP connection on the asking side, up to the peer's answer. Of the queue's owner.
 *
 * @param <M> the protocol's first message
 */
public abstract class SocketConnector<M> implements Carrier, SocketQueue.Endpoint, SocketQueue.Timed {
    private static final Logger LOG = LoggerFactory.getLogger(SocketConnector.class);

    private final SocketQueue queue;
    private final SoftQueuePair pair;
    private final ConnectionParameters parameters;
    private final ByteBuffer in;
    private @Nullable SocketChannel channel;
    private long deadline;

    /** For a pair that is connecting, with an answer of at most {@code maxBytes}. */
    protected SocketConnector(SocketQueue queue, SoftQueuePair pair, ConnectionParameters parameters, int maxBytes) {
        this.queue = queue;
        this.pair = pair;
        this.parameters = parameters;
        this.in = ByteBuffer.allocate(maxBytes);
    }

    /** Begins. What comes of it is told to the pair. */
    public final void connect(InetSocketAddress remote, Duration timeout) {
        pair.carrier(this);
        deadline = queue.nanoTime() + timeout.toNanos();
        queue.time(this);
        try {
            var socket = queue.machine().sockets().openSocketChannel();
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

    /** The question. */
    protected abstract ByteBuffer question() throws IOException;

    /** Reads the answer; null where more is needed. */
    protected abstract @Nullable M decode(ByteBuffer from) throws StartUpException;

    /** The answer has come; {@code behind} holds the bytes that came with it. */
    protected abstract void answered(M answer, ByteBuffer behind) throws IOException;

    /** Gives back what the connector holds beside the socket; called once at the end of an attempt that failed. */
    protected void release() {
        // Nothing.
    }

    /** The pair that is to be connected. */
    protected final SoftQueuePair pair() {
        return pair;
    }

    /** What was asked for. */
    protected final ConnectionParameters parameters() {
        return parameters;
    }

    /** The connection. */
    protected final SocketChannel channel() {
        return java.util.Objects.requireNonNull(channel);
    }

    /** Writes a few bytes, which fit a fresh socket's buffer. */
    public static void writeAll(SocketChannel channel, ByteBuffer bytes) throws IOException {
        channel.write(bytes);
        if (bytes.hasRemaining()) {
            throw new IOException("a short message did not fit the socket's buffer");
        }
    }

    private void ask(SelectionKey key) throws IOException {
        writeAll(channel(), question());
        key.interestOps(SelectionKey.OP_READ);
    }

    @Override
    public final void ready(SelectionKey key) throws IOException {
        if (key.isConnectable()) {
            try {
                channel().finishConnect();
            } catch (IOException e) {
                pair.end(RdmaStatus.UNREACHABLE, pair.remoteAddress() + ": " + e.getMessage(), null);
                return;
            }
            ask(key);
            return;
        }
        int got = channel().read(in);
        in.flip();
        M answer;
        try {
            answer = decode(in);
        } catch (StartUpException e) {
            pair.end(RdmaStatus.PROTOCOL, "the reply: " + e.getMessage(), null);
            return;
        }
        if (answer != null) {
            queue.untime(this);
            answered(answer, in);
            return;
        }
        in.compact();
        if (got < 0) {
            pair.end(RdmaStatus.REJECTED, "closed without a reply", null);
        }
    }

    @Override
    public final void failed(IOException e) {
        pair.end(RdmaStatus.CONNECTION_LOST, "before the reply: " + e, null);
    }

    @Override
    public final long deadline() {
        return deadline;
    }

    @Override
    public final void expired() {
        pair.end(RdmaStatus.TIMEOUT, "no connection to " + pair.remoteAddress() + " in time", null);
    }

    @Override
    public final void wantsToSend() {
        // Not yet.
    }

    @Override
    public final void end(@Nullable OutgoingSegment last) {
        queue.untime(this);
        release();
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("on closing {}", channel, e);
        }
    }
}
