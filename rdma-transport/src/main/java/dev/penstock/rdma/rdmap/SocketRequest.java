package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
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
 * A TCP connection on the accepting side, up to our answer. Of the listener's owner while it waits for the request and for its deadline;
 * accepting happens on the thread of the queue pair.
 *
 * @param <M> the protocol's first message
 */
public abstract class SocketRequest<M> implements ConnectionRequest, SocketQueue.Endpoint, SocketQueue.Timed {
    private static final Logger LOG = LoggerFactory.getLogger(SocketRequest.class);

    /** From the TCP connection to the complete request: an honest peer sends it at once. */
    private static final long REQUEST_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** From the request to the user's answer. */
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final SocketQueue queue;
    private final SocketListener listener;
    private final SocketChannel channel;
    private final InetSocketAddress remote;
    private final ByteBuffer in;
    private long deadline;
    private @Nullable SelectionKey key;
    private @Nullable M message;

    /** Set by whoever decides: the user's answer or the deadline. */
    private final AtomicBoolean decided = new AtomicBoolean();

    /** A connection that was just taken, with a first message of at most {@code maxBytes}. */
    protected SocketRequest(SocketQueue queue, SocketListener listener, SocketChannel channel, int maxBytes)
            throws IOException {
        this.queue = queue;
        this.listener = listener;
        this.channel = channel;
        this.remote = (InetSocketAddress) channel.getRemoteAddress();
        // One more, to see what comes too early.
        this.in = ByteBuffer.allocate(maxBytes + 1);
        this.deadline = queue.nanoTime() + REQUEST_NANOS;
    }

    /** Waits for the message. */
    public final void start() throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        key = queue.register(channel, SelectionKey.OP_READ, this);
        queue.time(this);
    }

    /** Reads the message; null where more is needed. */
    protected abstract @Nullable M decode(ByteBuffer from) throws StartUpException;

    /** Why this is not accepted whatever the user says; null where it may be. */
    protected abstract @Nullable String objection(M request);

    /** What says no. */
    protected abstract ByteBuffer refusal(M request, byte[] privateData);

    /** Answers yes, and hands the connection to the pair. */
    protected abstract void open(SoftQueuePair pair, ConnectionParameters parameters) throws IOException;

    /** The message that has come. */
    protected final M message() {
        return java.util.Objects.requireNonNull(message);
    }

    /** The connection. */
    protected final SocketChannel channel() {
        return channel;
    }

    /** The connection is another queue's from now on, if it was not. */
    protected final void leaveTo(SocketQueue other) {
        var present = java.util.Objects.requireNonNull(key);
        if (!other.serves(present)) {
            present.cancel();
        }
    }

    /** The first bytes on a fresh socket: they fit its buffer. */
    protected final void write(ByteBuffer bytes) throws IOException {
        SocketConnector.writeAll(channel, bytes);
    }

    @Override
    public final void ready(SelectionKey ready) throws IOException {
        int got = channel.read(in);
        in.flip();
        M asked;
        try {
            asked = decode(in);
        } catch (StartUpException e) {
            LOG.debug("{}: {}", remote, e.getMessage());
            drop();
            return;
        }
        if (asked == null) {
            in.compact();
            if (got < 0) {
                drop();
            }
            return;
        }
        ready.interestOps(0);
        queue.untime(this);
        listener.resolved();
        message = asked;
        String objection = objection(asked);
        if (objection != null || in.hasRemaining()) {
            LOG.debug("{} refused: {}", remote, objection == null ? "it did not wait for the reply" : objection);
            reject();
            return;
        }
        deadline = queue.nanoTime() + ANSWER_NANOS;
        queue.time(this);
        listener.requested(this);
    }

    @Override
    public final SocketAddress remoteAddress() {
        return remote;
    }

    /** The same, as the socket's address that it is. */
    protected final InetSocketAddress remote() {
        return remote;
    }

    @Override
    public final void accept(QueuePair pair, ConnectionParameters parameters) {
        var soft = (SoftQueuePair) pair;
        soft.connecting(remote);
        if (!decided.compareAndSet(false, true)) {
            soft.end(RdmaStatus.TIMEOUT, "the request has expired", null);
            return;
        }
        try {
            open(soft, parameters);
        } catch (IOException e) {
            close();
            soft.end(RdmaStatus.CONNECTION_LOST, "on accepting: " + e, null);
        }
    }

    @Override
    public final void reject(byte... privateData) {
        if (!decided.compareAndSet(false, true)) {
            return;
        }
        try {
            write(refusal(message(), privateData));
            channel.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("on rejecting {}", remote, e);
        }
        close();
    }

    @Override
    public final void failed(IOException e) {
        LOG.debug("{} lost before its request", remote, e);
        drop();
    }

    @Override
    public final long deadline() {
        return deadline;
    }

    @Override
    public final void expired() {
        if (message == null) {
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
