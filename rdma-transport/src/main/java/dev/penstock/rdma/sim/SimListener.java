package dev.penstock.rdma.sim;

import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.Listener;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A port of a simulated network. Of the queue's owner. */
final class SimListener implements Listener {
    private final SimNetwork network;
    private final SimQueue queue;
    private final Handler handler;
    private final InetSocketAddress local;

    SimListener(SimNetwork network, SimQueue queue, InetSocketAddress local, Handler handler) throws IOException {
        this.network = network;
        this.queue = queue;
        this.handler = handler;
        this.local = network.bind(local, this);
    }

    SimQueue queue() {
        return queue;
    }

    void requested(ConnectionRequest request) {
        handler.requested(request);
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public void close() {
        network.unbind(local.getPort());
    }
}
