package dev.penstock.rdma.sim;

import java.net.ProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;

/** TCP of a network whose time is virtual: what the carriers use of it, for one thread. */
final class SimSockets extends SelectorProvider {
    private final SimNetwork network;
    private final SimHost host;

    SimSockets(SimNetwork network, SimHost host) {
        this.network = network;
        this.host = host;
    }

    SimHost host() {
        return host;
    }

    SimNetwork network() {
        return network;
    }

    @Override
    public AbstractSelector openSelector() {
        return new SimSelector(this);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() {
        return new SimServerSocket(this);
    }

    @Override
    public SocketChannel openSocketChannel() {
        return new SimSocket(this);
    }

    @Override
    public DatagramChannel openDatagramChannel() {
        throw new UnsupportedOperationException();
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Pipe openPipe() {
        throw new UnsupportedOperationException();
    }
}
