package dev.penstock.smbdirect;

import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.Poller;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.RdmaException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where SMB Direct connections begin, of both roles: a device, its pollers, and the memory that is registered with it. Any thread.
 *
 * <p>The pool's regions are registered for local use only: no peer is ever given a key of them. Memory that peers are to reach is
 * registered with {@link #register} and opened piece by piece with {@link SmbDirectConnection#expose}.
 */
public final class SmbDirectEndpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SmbDirectEndpoint.class);

    /** RDMA READs of ours under way per connection; Linux' client answers 32. */
    private static final int READS = 16;

    /** RDMA READs of a server's that are answered at a time. */
    private static final int INBOUND_READS = 32;

    /** What a close waits for the connections' ends. */
    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(6);

    /** Completions a queue holds before it grows: one busy connection's. */
    private static final int QUEUE_DEPTH = 1024;

    private final Device device;
    private final SlabPool pool;
    private final SmbDirectConfig config;
    private final int fragmentedSize;
    private final ProtectionDomain domain;
    private final RegisteredMemory memory;
    private final BufferStripes stripes;
    private final List<Poller> pollers = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final Set<Link> links = ConcurrentHashMap.newKeySet();

    /**
     * Registers the pool and starts the pollers. The device and the pool stay the caller's.
     *
     * @param pool where whole messages are put together: its largest slab bounds their size
     * @param threads pollers: one per processor that should move bytes
     * @param spinNanos how long an idle poller spins before it parks
     * @param name of the threads
     */
    public SmbDirectEndpoint(
            Device device, SlabPool pool, SmbDirectConfig config, int threads, long spinNanos, String name)
            throws RdmaException {
        this(device, pool, config);
        for (int i = 0; i < threads; i++) {
            pollers.add(new Poller(device.completionQueue(QUEUE_DEPTH), spinNanos).start(name + "-" + i));
        }
    }

    /** An endpoint whose poller has no thread, for a simulation that drives it with {@link Poller#runOnce}. */
    SmbDirectEndpoint(Device device, SlabPool pool, SmbDirectConfig config, Poller poller) throws RdmaException {
        this(device, pool, config);
        pollers.add(poller);
    }

    private SmbDirectEndpoint(Device device, SlabPool pool, SmbDirectConfig config) throws RdmaException {
        this.device = device;
        this.pool = pool;
        this.config = config;
        this.fragmentedSize = Math.min(config.fragmentedSize(), pool.largestSlab());
        if (fragmentedSize < SmbDirectConfig.MIN_FRAGMENTED_SIZE) {
            throw new IllegalArgumentException("the pool's largest slab is " + pool.largestSlab() + " bytes");
        }
        this.domain = device.protectionDomain();
        this.memory = new RegisteredMemory(domain);
        this.stripes = new BufferStripes(domain, config);
        for (MemorySegment region : pool.regions()) {
            memory.add(region, EnumSet.of(Access.LOCAL_WRITE));
        }
    }

    /**
     * Listens for clients.
     *
     * @param local port 0 takes a free one
     * @param acceptor called on a poller's thread for each client that has negotiated
     * @return closing it ends the listening, not the connections
     */
    public SmbDirectListener listen(InetSocketAddress local, SmbDirectConnection.Acceptor acceptor) throws IOException {
        var poller = pollers.getFirst();
        try {
            var listener = onPoller(poller, () -> device.listen(poller.queue(), local, r -> requested(r, acceptor)))
                    .join();
            return new SmbDirectListener(listener, poller);
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    /** The listening with a poller that this thread drives itself. */
    Listener listenHere(InetSocketAddress local, SmbDirectConnection.Acceptor acceptor) throws IOException {
        return device.listen(pollers.getFirst().queue(), local, r -> requested(r, acceptor));
    }

    /**
     * Connects to a server and negotiates.
     *
     * @return fails with an {@link SmbDirectException} where there is no connection within the configured time
     */
    public CompletableFuture<SmbDirectConnection> connect(
            InetSocketAddress remote, SmbDirectConnection.Handler handler) {
        var connected = new CompletableFuture<SmbDirectConnection>();
        var stripe = stripes.take();
        if (stripe == null) {
            connected.completeExceptionally(
                    new SmbDirectException("all " + config.maxConnections() + " connections are in use"));
            return connected;
        }
        var outcome = new Link.Outcome() {
            @Override
            public SmbDirectConnection.Handler opened(Link link) {
                connected.complete(link);
                return handler;
            }

            @Override
            public void failed(SmbDirectException why) {
                connected.completeExceptionally(why);
            }
        };
        var poller = poller();
        poller.execute(() -> {
            var link = new Link(this, poller, stripe, true, outcome);
            links.add(link);
            link.pair().connect(remote, parameters(INBOUND_READS, 1), config.negotiateTimeout());
        });
        return connected;
    }

    /**
     * Registers memory that messages are sent from without a copy, and that can be exposed to peers. It must outlive the endpoint, or be
     * unregistered before.
     */
    public MemoryRegion register(MemorySegment target) throws RdmaException {
        return memory.add(target, EnumSet.allOf(Access.class));
    }

    /** Ends a registration. Nothing may be under way with it. */
    public void unregister(MemoryRegion region) {
        memory.remove(region);
    }

    private void requested(ConnectionRequest request, SmbDirectConnection.Acceptor acceptor) {
        var stripe = stripes.take();
        if (stripe == null) {
            LOG.warn("{} refused: all {} connections are in use", request.remoteAddress(), config.maxConnections());
            request.reject();
            return;
        }
        var outcome = new Link.Outcome() {
            @Override
            public SmbDirectConnection.Handler opened(Link link) {
                return acceptor.accepted(link);
            }

            @Override
            public void failed(SmbDirectException why) {
                LOG.debug("{} did not negotiate", request.remoteAddress(), why);
            }
        };
        var poller = poller();
        poller.execute(() -> {
            var link = new Link(this, poller, stripe, false, outcome);
            links.add(link);
            // The peer is not to read our memory, but Linux' client offers to, once, and takes a refusal badly.
            request.accept(link.pair(), parameters(1, READS));
        });
    }

    /** The private data says the same once more, big-endian, for peers whose MPA is of revision 1: as Linux does. */
    private static ConnectionParameters parameters(int inbound, int outbound) {
        byte[] legacy = ByteBuffer.allocate(8).putInt(inbound).putInt(outbound).array();
        return new ConnectionParameters(inbound, outbound, legacy);
    }

    private Poller poller() {
        return pollers.get(Math.floorMod(next.getAndIncrement(), pollers.size()));
    }

    /** Closes all connections, waits for what they were asked before, but not for ever, and stops the pollers. Not on a poller's thread. */
    @Override
    public void close() {
        links.forEach(Link::close);
        long limit = System.nanoTime() + CLOSE_NANOS;
        while (!links.isEmpty() && System.nanoTime() - limit < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        pollers.forEach(Poller::close);
        memory.close();
        domain.close();
        stripes.close();
    }

    private interface Task<T> {
        T call() throws IOException;
    }

    private static <T> CompletableFuture<T> onPoller(Poller poller, Task<T> task) {
        var result = new CompletableFuture<T>();
        poller.execute(() -> {
            try {
                result.complete(task.call());
            } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    void forget(Link link) {
        links.remove(link);
    }

    Device device() {
        return device;
    }

    SlabPool pool() {
        return pool;
    }

    SmbDirectConfig config() {
        return config;
    }

    int fragmentedSize() {
        return fragmentedSize;
    }

    ProtectionDomain domain() {
        return domain;
    }

    RegisteredMemory memory() {
        return memory;
    }

    BufferStripes stripes() {
        return stripes;
    }
}
