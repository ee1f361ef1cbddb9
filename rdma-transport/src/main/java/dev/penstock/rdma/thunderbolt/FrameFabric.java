package dev.penstock.rdma.thunderbolt;

import java.io.IOException;
import java.net.InetSocketAddress;

/** Where ports come from: a verbs library with unreliable connected queue pairs, or a simulation. Thread-safe. */
public interface FrameFabric extends AutoCloseable {
    /** For people. */
    String name();

    /**
     * A port for a connection between two addresses, which say what cable it goes by.
     *
     * @throws IOException where there is no way between them, or the device has no queue pair left
     */
    FramePort port(InetSocketAddress local, InetSocketAddress remote) throws IOException;

    /** No more ports. */
    @Override
    void close();
}
