package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.rdmap.Machine;
import dev.penstock.rdma.rdmap.SocketDevice;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/** All sockets of a machine, as a device. Thread-safe. */
final class IwarpDevice extends SocketDevice<IwarpQueue> {
    private final boolean checksums;

    IwarpDevice(boolean checksums, Machine machine) {
        super(IwarpQueue.class, depth -> new IwarpQueue(depth, machine));
        this.checksums = checksums;
    }

    boolean checksums() {
        return checksums;
    }

    @Override
    public boolean isReachedAt(InetAddress local) {
        return true; // connections are TCP's, to whatever address
    }

    @Override
    public String name() {
        return "iwarp sockets";
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
}
