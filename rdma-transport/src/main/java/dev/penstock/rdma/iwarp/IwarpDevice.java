package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** All sockets of this machine, as a device. Thread-safe. */
final class IwarpDevice extends SoftDevice {
    private final boolean checksums;
    private final List<IwarpQueue> queues = new CopyOnWriteArrayList<>();

    IwarpDevice(boolean checksums) {
        this.checksums = checksums;
    }

    boolean checksums() {
        return checksums;
    }

    @Override
    public String name() {
        return "iwarp sockets";
    }

    @Override
    public CompletionQueue completionQueue(int depth) {
        try {
            var queue = new IwarpQueue(depth);
            queues.add(queue);
            return queue;
        } catch (IOException e) {
            throw new UncheckedIOException("no selector", e);
        }
    }

    @Override
    public Listener listen(CompletionQueue queue, InetSocketAddress local, Listener.Handler handler)
            throws IOException {
        var owned = own(queue);
        return new SocketListener(
                owned, local, handler, (from, channel) -> new IwarpRequest(this, owned, from, channel).start());
    }

    @Override
    protected void connect(
            SoftQueuePair pair, InetSocketAddress remote, ConnectionParameters parameters, Duration timeout) {
        new IwarpConnector(this, own(pair.queue()), pair, parameters).connect(remote, timeout);
    }

    @Override
    public void close() {
        queues.forEach(IwarpQueue::close);
    }

    private static IwarpQueue own(CompletionQueue queue) {
        if (queue instanceof IwarpQueue q) {
            return q;
        }
        throw new IllegalArgumentException("a completion queue of another provider");
    }
}
