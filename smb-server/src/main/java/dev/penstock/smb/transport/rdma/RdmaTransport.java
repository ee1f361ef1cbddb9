package dev.penstock.smb.transport.rdma;

import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Device;
import dev.penstock.smb.transport.Link;
import dev.penstock.smbdirect.SmbDirectConfig;
import dev.penstock.smbdirect.SmbDirectEndpoint;
import dev.penstock.smbdirect.SmbDirectListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for SMB over SMB Direct. Thread-safe. */
public final class RdmaTransport implements AutoCloseable {
    /** What {@link Link.Handler#messageLimit} answers for strangers. */
    private static final int LIMIT_BEFORE_LOGON = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(RdmaTransport.class);

    /** What a connection had is given back by then: its last requests end on other threads. */
    private static final long SETTLED_MILLIS = 200;

    private final Device device;
    private final SlabPool slabs;
    private final SmbDirectEndpoint endpoint;
    private final ScheduledExecutorService timer;
    private final Function<Link, Link.Handler> connections;
    private final Set<RdmaLink> links = ConcurrentHashMap.newKeySet();
    private final List<SmbDirectListener> listeners = new CopyOnWriteArrayList<>();

    /**
     * A transport without a listener. The device stays the caller's.
     *
     * @param slabs the server's: payload is placed from and into it, so that it is registered with the device
     * @param threads pollers
     * @param most connections at a time
     * @param connections makes a handler for each connection, on its poller's thread
     */
    public RdmaTransport(Device device, SlabPool slabs, int threads, int most, Function<Link, Link.Handler> connections)
            throws IOException {
        this.device = device;
        this.slabs = slabs;
        this.endpoint = new SmbDirectEndpoint(
                device, slabs, SmbDirectConfig.DEFAULT.withMaxConnections(most), threads, 0, "smb-rdma");
        this.connections = connections;
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            var thread = new Thread(task, "smb-rdma-timer");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Starts to listen.
     *
     * @return the address, with the port that was chosen where 0 was asked for
     */
    public InetSocketAddress listen(InetSocketAddress address) throws IOException {
        SmbDirectListener listener = endpoint.listen(address, connection -> {
            var link = new RdmaLink(connection, timer, connections);
            link.start(LIMIT_BEFORE_LOGON);
            links.add(link);
            link.whenGone(() -> {
                links.remove(link);
                tellWhatIsLeft();
            });
            return link;
        });
        listeners.add(listener);
        return listener.localAddress();
    }

    /** Without a connection nothing is held but what is held from the start: so a log shows whether anything is left behind. */
    private void tellWhatIsLeft() {
        if (LOG.isDebugEnabled() && links.isEmpty() && !timer.isShutdown()) {
            timer.schedule(
                    () -> {
                        if (links.isEmpty()) {
                            LOG.debug("no connection is left: {}, slabs lent {}", device.held(), slabs.outstanding());
                        }
                    },
                    SETTLED_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }

    /** Stops to listen and closes all connections; their pollers go on, for what is left to do. */
    public void closeConnections() {
        listeners.forEach(SmbDirectListener::close);
        links.forEach(Link::close);
    }

    /** Closes all connections, then the endpoint; waits for both. */
    @Override
    public void close() {
        endpoint.close();
        timer.shutdownNow();
    }
}
