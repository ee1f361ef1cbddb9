package dev.penstock.rdma;

import java.net.InetSocketAddress;

/** Waits for connections. Belongs to the owner of its completion queue. */
public interface Listener extends AutoCloseable {
    /** Where it listens, with the port that was taken. */
    InetSocketAddress localAddress();

    /** Stops listening. Connections that stand are not touched. */
    @Override
    void close();

    /** Told of requests, inside {@link CompletionQueue#poll}. */
    @FunctionalInterface
    interface Handler {
        /** A peer asks. */
        void requested(ConnectionRequest request);
    }
}
