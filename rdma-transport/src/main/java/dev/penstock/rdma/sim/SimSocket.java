package dev.penstock.rdma.sim;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A simulated TCP socket, which never blocks. Of one thread. */
final class SimSocket extends SocketChannel implements SimSelector.Source {
    /** Bytes on their way in one direction, as a kernel's buffers hold about. */
    private static final int BUFFER = 1 << 18;

    /** What arrives at a time; nothing for the end. */
    private record Chunk(long arrival, @Nullable ByteBuffer bytes) {}

    private final SimNetwork network;
    private final SimHost host;
    private final ArrayDeque<Chunk> inbox = new ArrayDeque<>();
    private @Nullable InetSocketAddress local;
    private @Nullable InetSocketAddress remote;
    private @Nullable SimSocket peer;
    private long connectedAt = Long.MAX_VALUE;
    private boolean connected;
    private boolean finished;
    private long lastArrival;
    private int buffered;

    SimSocket(SimSockets provider) {
        super(provider);
        network = provider.network();
        host = provider.host();
    }

    @Override
    public boolean connect(SocketAddress to) throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        var server = (InetSocketAddress) to;
        local = new InetSocketAddress(server.getAddress(), network.ephemeral());
        remote = server;
        var listening = network.server(server.getPort());
        if (!network.passes(host, listening == null ? host : listening.sockets().host())) {
            return false;
        }
        long arrival = network.nanoTime() + network.socketNanos();
        connectedAt = arrival + network.socketNanos();
        if (listening != null) {
            var other = new SimSocket(listening.sockets());
            other.local = server;
            other.remote = local;
            other.connected = true;
            other.peer = this;
            peer = other;
            listening.asked(arrival, other);
        }
        return false;
    }

    @Override
    public boolean finishConnect() throws IOException {
        if (peer == null) {
            throw new ConnectException("nobody listens");
        }
        connected = network.nanoTime() >= connectedAt;
        return connected;
    }

    @Override
    public long readyAt(int operations) {
        long at = Long.MAX_VALUE;
        if ((operations & SelectionKey.OP_CONNECT) != 0 && !connected) {
            at = connectedAt;
        }
        var first = inbox.peek();
        if ((operations & SelectionKey.OP_READ) != 0 && connected && first != null) {
            at = Math.min(at, first.arrival);
        }
        if ((operations & SelectionKey.OP_WRITE) != 0 && connected && buffered() < BUFFER) {
            at = network.nanoTime();
        }
        return at;
    }

    /** Bytes of ours that the peer has not read. */
    private int buffered() {
        return peer == null ? 0 : peer.buffered;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        int got = 0;
        while (into.hasRemaining()) {
            var first = inbox.peek();
            if (first == null || first.arrival > network.nanoTime()) {
                break;
            }
            var bytes = first.bytes;
            if (bytes == null) {
                return got == 0 ? -1 : got;
            }
            int n = Math.min(into.remaining(), bytes.remaining());
            into.put(bytes.slice(bytes.position(), n));
            bytes.position(bytes.position() + n);
            got += n;
            buffered -= n;
            if (!bytes.hasRemaining()) {
                inbox.remove();
            }
        }
        return got;
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        var to = peer;
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        if (to == null || finished) {
            throw new IOException("not connected");
        }
        if (!to.isOpen()) {
            throw new IOException("the peer has closed");
        }
        int n = Math.min(from.remaining(), BUFFER - to.buffered);
        var copy = ByteBuffer.allocate(n);
        copy.put(from.slice(from.position(), n)).flip();
        from.position(from.position() + n);
        if (n > 0) {
            to.buffered += n;
            deliver(to, copy);
        }
        return n;
    }

    private void deliver(SimSocket to, @Nullable ByteBuffer bytes) {
        if (!network.passes(host, to.host)) {
            return; // it would be repeated for minutes, and nobody waits for that
        }
        lastArrival = Math.max(lastArrival, network.nanoTime() + network.socketNanos());
        to.inbox.add(new Chunk(lastArrival, bytes));
    }

    @Override
    public SocketChannel shutdownOutput() {
        if (peer != null && !finished) {
            deliver(peer, null);
        }
        finished = true;
        return this;
    }

    @Override
    protected void implCloseSelectableChannel() {
        var _ = shutdownOutput();
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketChannel bind(SocketAddress wanted) {
        throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() {
        return local;
    }

    @Override
    public @Nullable SocketAddress getRemoteAddress() {
        return remote;
    }

    @Override
    public boolean isConnected() {
        return connected;
    }

    @Override
    public boolean isConnectionPending() {
        return remote != null && !connected;
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // It never blocks.
    }

    @Override
    public SocketChannel shutdownInput() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket socket() {
        throw new UnsupportedOperationException();
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) {
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Set.of();
    }
}
