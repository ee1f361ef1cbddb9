package dev.penstock.rdma.sim;

import dev.penstock.rdma.thunderbolt.BulkPort;
import dev.penstock.rdma.thunderbolt.FrameFabric;
import dev.penstock.rdma.thunderbolt.FramePort;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Ports of a simulated network. Closing it leaves the network alone. */
final class SimFabric implements FrameFabric {
    /** As many as a transfer has: nothing holds a message back until its receive is posted. */
    private static final int BULK_DEPTH = 64;

    private final SimNetwork network;
    private final SimHost host;
    private final int depth;
    private final List<MemorySegment> registered = new CopyOnWriteArrayList<>();

    SimFabric(SimNetwork network, SimHost host, int depth) {
        this.network = network;
        this.host = host;
        this.depth = depth;
    }

    SimNetwork network() {
        return network;
    }

    SimHost host() {
        return host;
    }

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public FramePort port(InetSocketAddress local, InetSocketAddress remote) {
        return new SimPort(network, host, depth);
    }

    @Override
    public BulkPort bulkPort(InetSocketAddress local, InetSocketAddress remote) {
        return new SimBulkPort(this, BULK_DEPTH);
    }

    @Override
    public void registered(MemorySegment memory) {
        registered.add(memory);
    }

    @Override
    public void unregistered(MemorySegment memory) {
        registered.remove(memory);
    }

    boolean isRegistered(MemorySegment memory) {
        return registered.stream().anyMatch(region -> covers(region, memory));
    }

    private static boolean covers(MemorySegment region, MemorySegment memory) {
        long at = memory.address() - region.address();
        return at >= 0 && at <= region.byteSize() - memory.byteSize();
    }

    @Override
    public void close() {
        // The network goes with the last reference to it.
    }
}
