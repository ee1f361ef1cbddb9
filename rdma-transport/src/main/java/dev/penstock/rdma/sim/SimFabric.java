package dev.penstock.rdma.sim;

import dev.penstock.rdma.thunderbolt.FrameFabric;
import dev.penstock.rdma.thunderbolt.FramePort;
import java.net.InetSocketAddress;

/** Ports of a simulated network. Closing it leaves the network alone. */
record SimFabric(SimNetwork network, SimHost host, int depth) implements FrameFabric {
    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public FramePort port(InetSocketAddress local, InetSocketAddress remote) {
        return new SimPort(network, host, depth);
    }

    @Override
    public void close() {
        // The network goes with the last reference to it.
    }
}
