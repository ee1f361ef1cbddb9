package dev.penstock.rdma;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * An open RDMA device. Domains and queues may be made by any thread; listeners and queue pairs are made by the owner of the completion queue
 * they are attached to, or before it has one.
 */
public interface Device extends AutoCloseable {
    /** The provider's name and the device's. */
    String name();

    /** Whether its connections are TCP's, as iWARP's are: a service that is on TCP too then needs a second port for them. */
    default boolean usesTcpPorts() {
        return true;
    }

    /** What it can do. */
    DeviceLimits limits();

    /** A new domain: keys of one domain mean nothing to queue pairs of another. */
    ProtectionDomain protectionDomain();

    /**
     * A new completion queue.
     *
     * @param depth completions it holds: at least the sum of the depths of the queue pairs attached
     */
    CompletionQueue completionQueue(int depth);

    /**
     * Listens for connections; requests are reported inside {@link CompletionQueue#poll}.
     *
     * @param local address and port; port 0 takes a free one
     */
    Listener listen(CompletionQueue queue, InetSocketAddress local, Listener.Handler handler) throws IOException;

    /** An unconnected queue pair. Receives may be posted at once. */
    QueuePair queuePair(QueuePairOptions options, ConnectionEvents events);

    /**
     * Whether a client that asks for an RDMA connection to an address of this machine, by its own adapter and connection manager, comes to
     * this device. May ask the operating system.
     */
    boolean isReachedAt(InetAddress local);

    /**
     * Whether a connection whose peer has fallen silent, because a cable was pulled or a machine has stopped, ends by itself within a second,
     * idle or not. Adapters and TCP take minutes, or for ever where nothing is being sent.
     */
    default boolean detectsSilence() {
        return false;
    }

    /** What is open on it now; null where the operating system counts that ({@code rdma resource}), and not this device. Any thread. */
    default @Nullable Held held() {
        return null;
    }

    /**
     * What is open on a device.
     *
     * @param queuePairs made and not yet over
     * @param protectionDomains made and not closed
     * @param keys regions and windows
     */
    record Held(int queuePairs, int protectionDomains, int keys) {}

    /** Closes whatever is still open on it. To be called when no thread polls any more. */
    @Override
    void close();
}
