package dev.penstock.rdma.iwarp;

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

/** Takes TCP connections and waits for their MPA requests. Of the queue's owner. */
final class IwarpListener implements Listener, IwarpQueue.Endpoint {
    private static final Logger LOG = LoggerFactory.getLogger(IwarpListener.class);

    /** Connections without a request yet. Each costs a socket and half a kilobyte, for five seconds at most. */
    private static final int MAX_HALF_OPEN = 256;

    /** Connections that wait in the kernel until the loop comes round. */
    private static final int BACKLOG = 128;

    private final IwarpDevice device;
    private final IwarpQueue queue;
    private final Handler handler;
    private final ServerSocketChannel channel;
    private final InetSocketAddress local;
    private int halfOpen;

    IwarpListener(IwarpDevice device, IwarpQueue queue, InetSocketAddress local, Handler handler) throws IOException {
        this.device = device;
        this.queue = queue;
        this.handler = handler;
        this.channel = ServerSocketChannel.open();
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
            new IwarpRequest(device, queue, this, peer).start();
        }
    }

    /** A connection has said what it wants, or is gone. */
    void resolved() {
        halfOpen--;
    }

    void requested(ConnectionRequest request) {
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
