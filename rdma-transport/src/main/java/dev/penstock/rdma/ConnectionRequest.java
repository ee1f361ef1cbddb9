package dev.penstock.rdma;

import java.net.SocketAddress;

/**
 * A peer that wants to connect. It belongs to nobody until it is accepted or rejected, so it may be handed to the thread that owns the queue
 * pair. A request that is neither ends when the listener's time limit is over.
 */
public interface ConnectionRequest {
    /** Who asks. */
    SocketAddress remoteAddress();

    /** What the peer offers, seen from this side: its outbound reads are our inbound ones. With its private data. */
    ConnectionParameters offered();

    /** Accepts with an idle queue pair, on whose thread this is called; its receives were posted before. */
    void accept(QueuePair pair, ConnectionParameters parameters);

    /** Refuses. Any thread. */
    void reject(byte... privateData);
}
