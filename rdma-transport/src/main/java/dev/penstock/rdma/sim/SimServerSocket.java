package dev.penstock.rdma.sim;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A simulated listening socket. Of one thread. */
final class SimServerSocket extends ServerSocketChannel implements SimSelector.Source {
    private record Waiting(long arrival, SimSocket socket) {}

    private final SimNetwork network;
    private final SimSockets provider;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private @Nullable InetSocketAddress local;

    SimServerSocket(SimSockets provider) {
        super(provider);
        network = provider.network();
        this.provider = provider;
    }

    SimSockets sockets() {
        return provider;
    }

    void asked(long arrival, SimSocket socket) {
        waiting.add(new Waiting(arrival, socket));
    }

    @Override
    public long readyAt(int operations) {
        var first = waiting.peek();
        return first == null || (operations & SelectionKey.OP_ACCEPT) == 0 ? Long.MAX_VALUE : first.arrival;
    }

    @Override
    public ServerSocketChannel bind(SocketAddress wanted, int backlog) throws IOException {
        local = network.bind((InetSocketAddress) wanted, this);
        return this;
    }

    @Override
    public @Nullable SocketChannel accept() throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        var first = waiting.peek();
        if (first == null || first.arrival > network.nanoTime()) {
            return null;
        }
        waiting.remove();
        return first.socket;
    }

    @Override
    public SocketAddress getLocalAddress() {
        return java.util.Objects.requireNonNull(local);
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        network.unbind(this);
        for (Waiting w : waiting) {
            w.socket.close();
        }
        waiting.clear();
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // It never blocks.
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) {
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

    @Override
    public ServerSocket socket() {
        throw new UnsupportedOperationException();
    }
}
