package dev.penstock.cache.store.smb;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.msfscc.fileinformation.FileInternalInformation;
import com.hierynomus.msfscc.fileinformation.FileStandardInformation;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.mssmb2.messages.SMB2Echo;
import com.hierynomus.protocol.transport.PacketReceiver;
import com.hierynomus.smb.SMBPacket;
import com.hierynomus.smb.SMBPacketData;
import com.hierynomus.smbj.SMBClient;
import com.hierynomus.smbj.SmbConfig;
import com.hierynomus.smbj.auth.AuthenticationContext;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.connection.Connection;
import com.hierynomus.smbj.session.Session;
import com.hierynomus.smbj.share.DiskShare;
import com.hierynomus.smbj.share.File;
import com.hierynomus.smbj.transport.tcp.direct.DirectTcpTransportFactory;
import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.RdmaDevices;
import dev.penstock.smbdirect.SmbDirectConfig;
import dev.penstock.smbdirect.SmbDirectEndpoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A share that somebody is logged on to, and the requests that move its files' contents. Thread-safe; each request blocks its caller. */
final class ShareConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ShareConnection.class);

    private static final long FSCTL_QUERY_NETWORK_INTERFACE_INFO = 0x0014_01FC;

    /** Of a FileId where a control code is about no file: 2.2.31. */
    private static final byte[] NO_FILE = {-1, -1, -1, -1, -1, -1, -1, -1};

    /** Around data in a message. */
    private static final int MESSAGE_OVERHEAD = 4096;

    /**
     * A pulled cable is noticed within three seconds, so that what was under way goes by another one. The answer to a keep-alive may have to wait
     * behind 16 MiB of data that is being placed, which take two seconds at 70 Mbit/s.
     */
    private static final SmbDirectConfig CONFIG = SmbDirectConfig.DEFAULT
            .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofMillis(2500))
            // One, and another while the port is looked for.
            .withMaxConnections(2);

    /** Whole messages only: data is placed. Two at a time are put together, listings mostly; the rest lie in receive buffers. */
    private static final List<SlabPool.SizeClass> MESSAGES =
            List.of(new SlabPool.SizeClass(1 << 20, 4), new SlabPool.SizeClass(16 << 10, 64));

    private final SMBClient client;
    private final Session session;
    private final DiskShare share;
    private final @Nullable SmbDirectTransport direct;
    private final @Nullable Rdma rdma;
    private final TreeExchange exchange;
    private final DataChannel data;
    private final int readBytes;
    private final int writeBytes;
    private final boolean places;
    private final InetAddress remote;
    private final List<PacketReceiver<?>> waiting = new CopyOnWriteArrayList<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean over;

    /** The RDMA side, which the connection owns. */
    private static final class Rdma {
        private final Arena memory = Arena.ofShared();
        private final Device device;
        private final SmbDirectEndpoint endpoint;

        Rdma(SmbStoreOptions options) throws IOException {
            device = RdmaDevices.towards(InetAddress.getByName(options.host()), options.rdmaProvider());
            try {
                var pool = new SlabPool(MESSAGES, memory);
                endpoint = new SmbDirectEndpoint(device, pool, CONFIG, 1, 0, "store-rdma");
            } catch (IOException | RuntimeException e) {
                device.close();
                memory.close();
                throw e;
            }
        }

        void close() {
            endpoint.close();
            device.close();
            memory.close();
        }
    }

    private ShareConnection(
            SmbStoreOptions options, char[] password, @Nullable Rdma rdma, Welcome welcome, Consumer<Throwable> onLost)
            throws IOException {
        this.rdma = rdma;
        var transport = new SmbDirectTransport[1];
        var config = SmbConfig.builder()
                .withDialects(SMB2Dialect.SMB_3_1_1, SMB2Dialect.SMB_3_0_2, SMB2Dialect.SMB_3_0)
                .withMultiProtocolNegotiate(false)
                .withDfsEnabled(false)
                .withSigningRequired(options.signed())
                .withBufferSize(options.readBytes())
                .withTimeout(TreeExchange.ANSWER_SECONDS, TimeUnit.SECONDS);
        config.withTransportLayerFactory((handlers, c) -> {
            waiting.add(handlers.getReceiver());
            var watched = Successor.over(Watched.over(handlers, onLost), welcome.previousSession);
            if (rdma == null) {
                return new DirectTcpTransportFactory<SMBPacketData<?>, SMBPacket<?, ?>>()
                        .createTransportLayer(watched, c);
            }
            transport[0] = new SmbDirectTransport(rdma.endpoint, watched, options.signed());
            return transport[0];
        });
        this.client = new SMBClient(config.build());
        try {
            var connection = connect(options);
            welcome.check.server(connection.getConnectionContext().getServerGuid());
            this.remote = InetAddress.getByName(options.host());
            this.session = connection.authenticate(
                    options.user().isEmpty()
                            ? AuthenticationContext.guest()
                            : new AuthenticationContext(options.user(), password, ""));
            if (!(session.connectShare(options.share()) instanceof DiskShare disk)) {
                throw new IOException(options.share() + " is not a share of files");
            }
            this.share = disk;
            var negotiated = connection.getNegotiatedProtocol();
            this.exchange = new TreeExchange(
                    session::send,
                    negotiated.getDialect(),
                    session.getSessionId(),
                    disk.getTreeConnect().getTreeId());
            this.direct = transport[0];
            // What travels encrypted must not be placed in the clear: [MS-SMB2] 3.2.4.6.
            this.places = direct != null && !session.shouldEncryptData();
            this.data = places ? placing() : new InlineChannel(exchange);
            var agreed = direct == null ? null : direct.connection().parameters();
            int mostIn = options.readBytes();
            int mostOut = options.readBytes();
            if (agreed != null) {
                mostIn = Math.min(mostIn, places ? agreed.maxReadWrite() : agreed.maxMessageIn() - MESSAGE_OVERHEAD);
                mostOut = Math.min(mostOut, places ? agreed.maxReadWrite() : agreed.maxMessageOut() - MESSAGE_OVERHEAD);
            }
            this.readBytes = Math.min(mostIn, negotiated.getMaxReadSize());
            this.writeBytes = Math.min(mostOut, negotiated.getMaxWriteSize());
        } catch (SMBRuntimeException e) {
            client.close();
            throw TreeExchange.failure(options.share(), e);
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private DataChannel placing() {
        var transport = Objects.requireNonNull(direct);
        var peer = new PlacedChannel.Peer() {
            @Override
            public MemoryWindow expose(SmbTarget memory, long offset, int length, boolean writable) throws IOException {
                var region = memory.region(ShareConnection.this);
                return transport.connection().expose(region, offset, length, writable);
            }

            @Override
            public int takePlaced(long messageId) {
                return transport.takePlaced(messageId);
            }
        };
        var limits = Objects.requireNonNull(rdma).device.limits();
        return new PlacedChannel(exchange, peer, limits.invalidation());
    }

    /** Whether the server that has answered is the one that is meant. */
    interface Check {
        /**
         * Before anything of the user is told to it.
         *
         * @param server what it calls itself in NEGOTIATE
         * @throws IOException where it is not
         */
        void server(UUID server) throws IOException;
    }

    /**
     * How one logs on.
     *
     * @param previousSession of this client, whose connection was lost, and which the server is to end: [MS-SMB2] 3.3.5.5.3; 0 for none
     */
    record Welcome(Check check, long previousSession) {}

    /**
     * Connects and logs on.
     *
     * @param onLost told when the transport fails, on its thread
     */
    static ShareConnection open(SmbStoreOptions options, char[] password, Welcome welcome, Consumer<Throwable> onLost)
            throws IOException {
        var rdma = options.rdma() ? new Rdma(options) : null;
        try {
            return new ShareConnection(options, password, rdma, welcome, onLost);
        } catch (IOException | RuntimeException e) {
            if (rdma != null) {
                rdma.close();
            }
            throw e;
        }
    }

    /** By the first port that answers. */
    private Connection connect(SmbStoreOptions options) throws IOException {
        if (rdma == null || options.rdmaPort() != SmbStoreOptions.USUAL_RDMA_PORT) {
            return client.connect(options.host(), rdma == null ? options.tcpPort() : options.rdmaPort());
        }
        if (!rdma.device.usesTcpPorts()) {
            try {
                return client.connect(options.host(), SmbStoreOptions.TCP_PORT);
            } catch (IOException e) {
                LOG.debug("no SMB Direct at port {}", SmbStoreOptions.TCP_PORT, e);
            }
        }
        return client.connect(options.host(), SmbStoreOptions.RDMA_PORT);
    }

    DiskShare share() {
        return share;
    }

    /** Whether data is placed by RDMA. */
    boolean places() {
        return places;
    }

    /** Bytes of the longest READ. */
    int readBytes() {
        return readBytes;
    }

    /** Bytes of the longest WRITE. */
    int writeBytes() {
        return writeBytes;
    }

    /** The number of the session, by which another connection may have it ended. */
    long sessionId() {
        return session.getSessionId();
    }

    /** The address of the other end. */
    InetAddress remote() {
        return remote;
    }

    /** Whether it is a connection of SMB Direct. */
    boolean direct() {
        return direct != null;
    }

    /**
     * Addresses that the server says it can be reached by: FSCTL_QUERY_NETWORK_INTERFACE_INFO, [MS-SMB2] 3.2.4.20.10. None of a server that does
     * not say, and for a guest, whose answers anybody on the way could have written.
     */
    List<ServerInterface> serverInterfaces() throws IOException {
        if (session.isGuest() || session.isAnonymous()) {
            return List.of();
        }
        byte[] output = exchange.control(
                FSCTL_QUERY_NETWORK_INTERFACE_INFO, new SMB2FileId(NO_FILE, NO_FILE), ServerInterface.MOST_BYTES);
        return output == null ? List.of() : ServerInterface.decode(output);
    }

    /** What carries SMB Direct; empty where the connection is one of TCP. */
    String deviceName() {
        return rdma == null ? "" : rdma.device.name();
    }

    /** A message there and back: ECHO, 2.2.28. */
    SMB2Echo echo() throws IOException {
        var echo = new SMB2Echo(exchange.dialect());
        echo.getHeader().setSessionId(session.getSessionId()); // it is signed by the session, and to be checked by it
        return exchange.answer(share.getSmbPath().toUncPath(), echo, SMB2Echo.class);
    }

    /** Registers memory that data is placed in; only where {@link #places}. */
    MemoryRegion register(MemorySegment memory) throws IOException {
        return Objects.requireNonNull(rdma).endpoint.register(memory);
    }

    /** Ends a registration; all end with the connection. */
    void unregister(MemoryRegion region) {
        Objects.requireNonNull(rdma).endpoint.unregister(region);
    }

    /** Whether it has ended. */
    boolean isOver() {
        return over;
    }

    /** Ends it, without a word to the server; requests that wait for their answer fail. Not on a thread of its transport's. */
    void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        over = true;
        try {
            client.close();
        } finally {
            // smbj has those wait until their time is over that were under way when it was closed.
            var why = new IOException("the connection is closed");
            waiting.forEach(receiver -> receiver.handleError(why));
            if (rdma != null) {
                rdma.close();
            }
        }
    }

    /** An open file, and what it is known by. */
    record Opened(File file, long size, long id) {}

    /** Opens a file for reading. */
    Opened open(String path) throws IOException {
        try {
            File file = share.openFile(
                    SmbFileStore.windows(path),
                    EnumSet.of(AccessMask.GENERIC_READ),
                    null,
                    EnumSet.allOf(SMB2ShareAccess.class),
                    SMB2CreateDisposition.FILE_OPEN,
                    null);
            long size = file.getFileInformation(FileStandardInformation.class).getEndOfFile();
            long id = file.getFileInformation(FileInternalInformation.class).getIndexNumber();
            return new Opened(file, size, id);
        } catch (SMBRuntimeException e) {
            throw TreeExchange.failure(path, e);
        }
    }

    /** READ, in whichever way the connection reads; the answer is how many bytes are in place. */
    int read(OpenFile file, long offset, SmbTarget target, long targetOffset, int length) throws IOException {
        return data.read(file.path(), id(file), offset, target, targetOffset, length);
    }

    /** Most runs of one strided read, or 0 where the server gathers nothing. */
    int gathersRuns(SMB2FileId file) throws IOException {
        byte[] answer = exchange.control(
                StridedReadRequest.FSCTL_PENSTOCK_QUERY & 0xFFFF_FFFFL, file, StridedReadRequest.DESCRIPTION_BYTES);
        return StridedReadRequest.mostRuns(answer, readBytes);
    }

    /** A strided read of a server that gathers; the answer is how many bytes, whole runs, are in place. */
    int gather(OpenFile file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset) throws IOException {
        return data.gather(file.path(), id(file), runs, target, targetOffset);
    }

    /** WRITE, in whichever way the connection writes; the answer is how many bytes the server has taken. */
    int write(OpenFile file, long offset, SmbTarget source, long sourceOffset, int length) throws IOException {
        int taken = data.write(file.path(), id(file), offset, source, sourceOffset, length);
        if (taken <= 0 || taken > length) {
            throw new IOException(file.path() + ": " + taken + " bytes written of " + length);
        }
        return taken;
    }

    private SMB2FileId id(OpenFile file) throws IOException {
        return file.handle(this).getFileId();
    }
}
