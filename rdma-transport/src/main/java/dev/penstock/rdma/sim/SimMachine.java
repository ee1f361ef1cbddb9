package dev.penstock.rdma.sim;

import dev.penstock.rdma.rdmap.Machine;
import java.nio.channels.spi.SelectorProvider;

/** Sockets and time of a network whose time is virtual. */
record SimMachine(SimNetwork network, SimHost host) implements Machine {
    private static final long TURN_NANOS = 20_000;

    @Override
    public SelectorProvider sockets() {
        return new SimSockets(network, host);
    }

    @Override
    public long nanoTime() {
        return network.nanoTime();
    }

    /** Takes all of its time: what becomes due meanwhile finds its owner later. */
    @Override
    public void nap(long nanos) {
        network.rest();
        network.pass(network.nanoTime() + nanos);
    }

    /** Somebody runs meanwhile. */
    @Override
    public void giveWay() {
        nap(TURN_NANOS);
    }

    @Override
    public Repeated repeat(String name, long nanos, Runnable task) {
        return network.repeat(host, nanos, task);
    }
}
