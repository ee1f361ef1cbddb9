package dev.penstock.smbdirect;

import dev.penstock.rdma.Listener;
import dev.penstock.rdma.Poller;
import java.net.InetSocketAddress;
import java.util.concurrent.RejectedExecutionException;

/** Waits for clients of one endpoint. Any thread. */
public final class SmbDirectListener implements AutoCloseable {
    private final Listener listener;
    private final Poller poller;

    SmbDirectListener(Listener listener, Poller poller) {
        this.listener = listener;
        this.poller = poller;
    }

    /** Where it listens, with the port that was taken. */
    public InetSocketAddress localAddress() {
        return listener.localAddress();
    }

    @Override
    public void close() {
        try {
            poller.execute(listener::close);
        } catch (RejectedExecutionException e) {
            // The endpoint is closed, and the listener went with its queue.
        }
    }
}
