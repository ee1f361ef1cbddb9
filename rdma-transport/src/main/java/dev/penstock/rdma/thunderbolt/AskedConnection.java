package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SocketQueue;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
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
 * A connection on the accepting side, up to our answer. Of the listener's owner while it waits for the question and for its deadline; accepting
 * happens on the thread of the queue pair.
 */
final class AskedConnection implements ConnectionRequest, SocketQueue.Endpoint, SocketQueue.Timed {
    private static final Logger LOG = LoggerFactory.getLogger(AskedConnection.class);

    /** From the TCP connection to the complete greeting: an honest peer sends it at once. */
    private static final long GREETING_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** From the greeting to the user's answer. */
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final ThunderboltDevice device;
    private final ThunderboltQueue queue;
    private final SocketListener listener;
    private final SocketChannel channel;
    private final InetSocketAddress remote;
    private final ByteBuffer in = ByteBuffer.allocate(Greeting.MAX_BYTES + 1);
    private long deadline;
    private @Nullable SelectionKey key;
    private @Nullable Greeting greeting;

    /** Set by whoever decides: the user's answer or the deadline. */
    private final AtomicBoolean decided = new AtomicBoolean();

    AskedConnection(ThunderboltDevice device, ThunderboltQueue queue, SocketListener listener, SocketChannel channel)
            throws IOException {
        this.device = device;
        this.queue = queue;
        this.listener = listener;
        this.channel = channel;
        this.remote = (InetSocketAddress) channel.getRemoteAddress();
        this.deadline = System.nanoTime() + GREETING_NANOS;
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
        Greeting asked;
        try {
            asked = Greeting.decode(in);
        } catch (Greeting.Malformed e) {
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
        greeting = asked;
        if (asked.kind() != Greeting.Kind.ASK || in.hasRemaining()) {
            LOG.debug("{} refused: it did not ask, or not only", remote);
            reject();
            return;
        }
        deadline = System.nanoTime() + ANSWER_NANOS;
        queue.time(this);
        listener.requested(this);
    }

    private Greeting asked() {
        return java.util.Objects.requireNonNull(greeting);
    }

    @Override
    public SocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public ConnectionParameters offered() {
        return asked().offered();
    }

    @Override
    public void accept(QueuePair pair, ConnectionParameters parameters) {
        var soft = (SoftQueuePair) pair;
        soft.connecting(remote);
        if (!decided.compareAndSet(false, true)) {
            soft.end(RdmaStatus.TIMEOUT, "the request has expired", null);
            return;
        }
        FramePort port = null;
        try {
            port = device.fabric().port((InetSocketAddress) channel.getLocalAddress(), remote);
            port.connect(asked().portAddress());
            open(soft, port, parameters);
        } catch (IOException e) {
            if (port != null) {
                port.close();
            }
            close();
            soft.end(RdmaStatus.CONNECTION_LOST, "on accepting: " + e, null);
        }
    }

    private void open(SoftQueuePair pair, FramePort port, ConnectionParameters parameters) throws IOException {
        var offered = offered();
        int inbound = Math.min(parameters.inboundReads(), SoftDevice.MAX_READS);
        int outbound = Math.min(parameters.outboundReads(), offered.outboundReads());
        var answer = new Greeting(
                Greeting.Kind.ACCEPT,
                asked().connection(),
                port.receives(),
                ByteBuffer.wrap(port.address()),
                inbound,
                outbound,
                ByteBuffer.wrap(parameters.privateData()));
        var owned = ThunderboltDevice.own(pair.queue());
        var stream = new ThunderboltStream(owned, pair, new SideChannel(channel), port);
        var present = java.util.Objects.requireNonNull(key);
        if (owned.serves(present)) {
            present.attach(stream);
            present.interestOps(SelectionKey.OP_READ);
        } else {
            present.cancel();
            owned.register(channel, SelectionKey.OP_READ, stream);
        }
        stream.establishWhenReady(new ConnectionParameters(inbound, outbound, offered.privateData()));
        stream.start(asked().connection(), asked().receives());
        SideChannel.writeAll(channel, answer.encode());
    }

    @Override
    public void reject(byte... privateData) {
        if (!decided.compareAndSet(false, true)) {
            return;
        }
        var answer = new Greeting(
                Greeting.Kind.REJECT,
                asked().connection(),
                0,
                ByteBuffer.allocate(0),
                0,
                0,
                ByteBuffer.wrap(privateData));
        try {
            SideChannel.writeAll(channel, answer.encode());
            channel.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("on rejecting {}", remote, e);
        }
        close();
    }

    @Override
    public void failed(IOException e) {
        LOG.debug("{} lost before its question", remote, e);
        drop();
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public void expired() {
        if (greeting == null) {
            LOG.debug("{} closed: no greeting in time", remote);
            drop();
        } else if (decided.compareAndSet(false, true)) {
            close();
        }
    }

    /** Ends a connection that has not asked. */
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
