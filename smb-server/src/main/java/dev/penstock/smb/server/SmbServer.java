package dev.penstock.smb.server;

import dev.penstock.memory.SlabPool;
import dev.penstock.memory.SlabPool.SizeClass;
import dev.penstock.smb.auth.FailureDelay;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.connection.Connection;
import dev.penstock.smb.crypto.CipherWarmUp;
import dev.penstock.smb.metrics.Counters;
import dev.penstock.smb.rpc.PipeShare;
import dev.penstock.smb.state.Clients;
import dev.penstock.smb.state.Durables;
import dev.penstock.smb.state.Listening;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.transport.rdma.RdmaTransport;
import dev.penstock.smb.transport.tcp.TcpTransport;
import dev.penstock.smb.wire.dtyp.Guid;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** An SMB server. {@link #start} and {@link #close} once each, by any thread. */
public final class SmbServer implements AutoCloseable {
    /** Beside the data: the header of a message, its body, and the end of what came before it in the receive buffer. */
    private static final int SLACK = 4096;

    /** Requests that wait for an I/O thread, of all connections: each took a credit, and each connection has 8192 at most. */
    private static final int IO_QUEUE = 64 << 10;

    private static final long STOP_SECONDS = 10;

    /** By SMB Direct: each has its own receive buffers, 4 MiB of them, which an adapter holds in memory from the start. */
    private static final int MOST_RDMA_CONNECTIONS = 64;

    /** By each of several devices, however many there are: a client has one or two by each, and others come beside it. */
    private static final int FEWEST_RDMA_CONNECTIONS = 8;

    private final SmbServerConfig config;
    private final ExecutorService io;
    private final ScheduledExecutorService clock;
    private final SlabPool slabs;
    private final ServerState state;
    private final TcpTransport tcp;
    private final Phaser connections = new Phaser(1);
    private final List<RdmaTransport> rdma = new CopyOnWriteArrayList<>();

    /** A server that does not listen yet. */
    public SmbServer(SmbServerConfig config) {
        this.config = config;
        SmbServerConfig.Sizes sizes = config.sizes();
        this.io = ioThreads(sizes.ioThreads());
        this.clock = alarmClock();
        this.slabs = new SlabPool(sizeClasses(sizes));
        Map<String, Share> shares = new HashMap<>();
        for (Share share : config.shares()) {
            shares.put(share.name().toUpperCase(Locale.ROOT), share);
        }
        shares.put("IPC$", new PipeShare(config.name(), config.shares(), config.users()));
        var alarms = new IoAlarms(clock, io);
        this.state = new ServerState(
                config.name(),
                Guid.of(UUID.randomUUID()),
                new ServerState.Policy(config.signingRequired(), config.encrypt(), sizes.maxTransact()),
                config.users(),
                new FailureDelay(),
                Map.copyOf(shares),
                new Sessions(),
                new Clients(),
                new Durables(alarms, io),
                slabs,
                io,
                alarms,
                new Listening(),
                new Counters(),
                InstantSource.system());
        this.tcp = new TcpTransport(
                sizes.loops(),
                slabs,
                new TcpTransport.Limits(sizes.connections(), sizes.connectionsPerAddress()),
                () -> state.counters().refused.increment(),
                this::connect);
    }

    /** Memory for payload, in all classes a message's slack beyond the round number. */
    private static List<SizeClass> sizeClasses(SmbServerConfig.Sizes sizes) {
        int large = sizes.largeRequests();
        return List.of(
                new SizeClass(4 << 10, 1024), // small writes and answers to queries
                new SizeClass((64 << 10) + SLACK, 512), // one credit's worth: listings, pages of a database
                // What Macs, Windows and Linux read and write at a time: 8 to 32 such requests per busy file, once for
                // the request or the
                // file's bytes, once more for their encrypted form.
                new SizeClass((1 << 20) + SLACK, 4 * large),
                new SizeClass(
                        sizes.maxTransact() + (64 << 10) + SLACK, large)); // smbclient, which reads 8 MiB at a time
    }

    private static ExecutorService ioThreads(int threads) {
        var count = new AtomicInteger();
        var pool = new ThreadPoolExecutor(
                threads, threads, 60, TimeUnit.SECONDS, new ArrayBlockingQueue<>(IO_QUEUE), task -> {
                    var thread = new Thread(task, "smb-io-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** One thread that only hands over what is due. */
    private static ScheduledExecutorService alarmClock() {
        var pool = new ScheduledThreadPoolExecutor(1, task -> {
            var thread = new Thread(task, "smb-alarms");
            thread.setDaemon(true);
            return thread;
        });
        pool.setRemoveOnCancelPolicy(true);
        return pool;
    }

    private Link.Handler connect(Link link) {
        connections.register();
        return new Connection(state, link, connections::arriveAndDeregister);
    }

    /** Starts to listen on all addresses. */
    public void start() throws IOException {
        io.execute(CipherWarmUp::run);
        for (InetSocketAddress address : config.listen()) {
            state.listening().forTcp(tcp.listen(address));
        }
        List<SmbServerConfig.Rdma> devices = config.rdma();
        for (SmbServerConfig.Rdma direct : devices) {
            // Connections come by all of them together, and cost the same threads and memory as by one.
            var transport = new RdmaTransport(
                    direct.device(),
                    slabs,
                    Math.max(1, config.sizes().loops() / devices.size()),
                    Math.max(FEWEST_RDMA_CONNECTIONS, MOST_RDMA_CONNECTIONS / devices.size()),
                    this::connect);
            rdma.add(transport);
            for (InetSocketAddress address : direct.listen()) {
                state.listening().forDirect(transport.listen(address), direct.device()::isReachedAt);
            }
        }
    }

    /** What it was made of. */
    public SmbServerConfig config() {
        return config;
    }

    /** Where it listens for SMB Direct, with the ports that were chosen. */
    public List<InetSocketAddress> rdmaAddresses() {
        return state.listening().direct();
    }

    /** Where it listens for TCP, with the ports that were chosen. */
    public List<InetSocketAddress> addresses() {
        return state.listening().tcp();
    }

    /** What it has done so far. */
    public Counters.Snapshot counters() {
        return state.counters().snapshot();
    }

    /** Sessions now, those being set up included. */
    public int sessions() {
        return state.sessions().size();
    }

    /** The memory that payload lies in. */
    public SlabPool slabs() {
        return slabs;
    }

    /** Ends all connections, closes their files and waits for that, ten seconds at most. */
    @Override
    public void close() {
        state.clients().messages().stopping(0);
        tcp.closeConnections();
        rdma.forEach(RdmaTransport::closeConnections);
        try {
            connections.awaitAdvanceInterruptibly(connections.arriveAndDeregister(), STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            // Some file does not close; the process must still be able to end.
        }
        rdma.forEach(RdmaTransport::close);
        tcp.close();
        state.durables().closeAll();
        clock.shutdownNow();
        io.shutdown();
    }
}
