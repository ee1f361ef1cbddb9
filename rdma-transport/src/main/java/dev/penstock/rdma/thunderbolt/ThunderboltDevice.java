package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/** RDMA over the ports of a fabric. Thread-safe. */
public final class ThunderboltDevice extends SoftDevice {
    private final FrameFabric fabric;
    private final Random numbers = new SecureRandom();
    private final List<ThunderboltQueue> queues = new CopyOnWriteArrayList<>();

    /** Takes the fabric over: closing the device closes it. */
    public ThunderboltDevice(FrameFabric fabric) {
        this.fabric = fabric;
    }

    FrameFabric fabric() {
        return fabric;
    }

    /** A number for a new connection. */
    int newConnection() {
        return numbers.nextInt();
    }

    @Override
    public String name() {
        return "thunderbolt " + fabric.name();
    }

    @Override
    public CompletionQueue completionQueue(int depth) {
        try {
            var queue = new ThunderboltQueue(depth);
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
                owned, local, handler, (from, channel) -> new AskedConnection(this, owned, from, channel).start());
    }

    @Override
    protected void connect(
            SoftQueuePair pair, InetSocketAddress remote, ConnectionParameters parameters, Duration timeout) {
        new AskingConnection(this, own(pair.queue()), pair, parameters).connect(remote, timeout);
    }

    @Override
    public void close() {
        queues.forEach(ThunderboltQueue::close);
        fabric.close();
    }

    static ThunderboltQueue own(CompletionQueue queue) {
        if (queue instanceof ThunderboltQueue q) {
            return q;
        }
        throw new IllegalArgumentException("a completion queue of another provider");
    }
}
