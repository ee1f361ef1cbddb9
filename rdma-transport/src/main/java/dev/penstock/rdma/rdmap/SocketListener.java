package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.Listener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes TCP connections whose first message says what they want. Of the queue's owner. */
public final class SocketListener implements Listener, SocketQueue.Endpoint {
    /** Begins with a connection; when it has said what it wants, or is gone, {@link SocketListener#resolved} is called. */
    public interface Starter {
        /** Takes the connection over. */
        void start(SocketListener listener, SocketChannel channel) throws IOException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(SocketListener.class);

    /** Connections without a request yet. Each costs a socket and half a kilobyte, for five seconds at most. */
    private static final int MAX_HALF_OPEN = 256;

    /** Connections that wait in the kernel until the loop comes round. */
    private static final int BACKLOG = 128;

    private final Starter starter;
    private final Handler handler;
    private final ServerSocketChannel channel;
    private final InetSocketAddress local;
    private int halfOpen;

    /** Listens at once. */
    public SocketListener(SocketQueue queue, InetSocketAddress local, Handler handler, Starter starter)
            throws IOException {
        this.starter = starter;
        this.handler = handler;
        this.channel = queue.machine().sockets().openServerSocketChannel();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(local, BACKLOG);
            channel.configureBlocking(false);
            this.local = (InetSocketAddress) channel.getLocalAddress();
            queue.register(channel, SelectionKey.OP_ACCEPT, this);
            queue.wakeup();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        for (SocketChannel peer = channel.accept(); peer != null; peer = channel.accept()) {
            if (halfOpen == MAX_HALF_OPEN) {
                LOG.debug("{} refused: {} connections have not said what they want yet", peer, halfOpen);
                peer.close();
                continue;
            }
            halfOpen++;
            starter.start(this, peer);
        }
    }

    /** A connection has said what it wants, or is gone. */
    public void resolved() {
        halfOpen--;
    }

    /** Tells the user. */
    public void requested(ConnectionRequest request) {
        handler.requested(request);
    }

    @Override
    public void failed(IOException e) {
        // Out of file descriptors, most likely: those that wait stay in the backlog, and the next poll tries again.
        LOG.warn("a connection could not be taken", e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
