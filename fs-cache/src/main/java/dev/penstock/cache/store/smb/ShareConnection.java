package dev.penstock.cache.store.smb;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mserref.NtStatus;
import com.hierynomus.msfscc.fileinformation.FileInternalInformation;
import com.hierynomus.msfscc.fileinformation.FileStandardInformation;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.SMB2Packet;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.mssmb2.messages.SMB2Echo;
import com.hierynomus.mssmb2.messages.SMB2IoctlRequest;
import com.hierynomus.mssmb2.messages.SMB2IoctlResponse;
import com.hierynomus.mssmb2.messages.SMB2ReadRequest;
import com.hierynomus.mssmb2.messages.SMB2ReadResponse;
import com.hierynomus.mssmb2.messages.SMB2WriteRequest;
import com.hierynomus.mssmb2.messages.SMB2WriteResponse;
import com.hierynomus.smb.SMBPacket;
import com.hierynomus.smb.SMBPacketData;
import com.hierynomus.smbj.SMBClient;
import com.hierynomus.smbj.SmbConfig;
import com.hierynomus.smbj.auth.AuthenticationContext;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.connection.Connection;
import com.hierynomus.smbj.io.ArrayByteChunkProvider;
import com.hierynomus.smbj.session.Session;
import com.hierynomus.smbj.share.DiskShare;
import com.hierynomus.smbj.share.File;
import com.hierynomus.smbj.transport.tcp.direct.DirectTcpTransportFactory;
import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.RdmaDevices;
import dev.penstock.smbdirect.BufferDescriptor;
import dev.penstock.smbdirect.SmbDirectConfig;
import dev.penstock.smbdirect.SmbDirectEndpoint;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A share that somebody is logged on to, and the requests that move its files' contents. Thread-safe; each request blocks its caller. */
final class ShareConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ShareConnection.class);

    /** What a request may take before the server counts as lost: a disk that has to wake up needs ten seconds. */
    private static final long ANSWER_SECONDS = 60;

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
    private final SMB2Dialect dialect;
    private final int readBytes;
    private final int writeBytes;
    private final boolean places;
    private final InetAddress remote;
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
                .withTimeout(ANSWER_SECONDS, TimeUnit.SECONDS);
        config.withTransportLayerFactory((handlers, c) -> {
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
            this.dialect = connection.getNegotiatedProtocol().getDialect();
            this.direct = transport[0];
            // What travels encrypted must not be placed in the clear: [MS-SMB2] 3.2.4.6.
            this.places = direct != null && !session.shouldEncryptData();
            var agreed = direct == null ? null : direct.connection().parameters();
            int mostIn = options.readBytes();
            int mostOut = options.readBytes();
            if (agreed != null) {
                mostIn = Math.min(mostIn, places ? agreed.maxReadWrite() : agreed.maxMessageIn() - MESSAGE_OVERHEAD);
                mostOut = Math.min(mostOut, places ? agreed.maxReadWrite() : agreed.maxMessageOut() - MESSAGE_OVERHEAD);
            }
            var negotiated = connection.getNegotiatedProtocol();
            this.readBytes = Math.min(mostIn, negotiated.getMaxReadSize());
            this.writeBytes = Math.min(mostOut, negotiated.getMaxWriteSize());
        } catch (SMBRuntimeException e) {
            client.close();
            throw failure(options.share(), e);
        } catch (IOException e) {
            client.close();
            throw e;
        }
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
        var query = new SMB2IoctlRequest(
                dialect,
                session.getSessionId(),
                share.getTreeConnect().getTreeId(),
                FSCTL_QUERY_NETWORK_INTERFACE_INFO,
                new SMB2FileId(NO_FILE, NO_FILE),
                new ArrayByteChunkProvider(new byte[0], 0),
                true,
                ServerInterface.MOST_BYTES);
        SMB2IoctlResponse response = answer("share", query, SMB2IoctlResponse.class);
        byte[] output = response.getOutputBuffer();
        boolean known = response.getHeader().getStatusCode() == 0 && output != null;
        return known ? ServerInterface.decode(output) : List.of();
    }

    /** What carries SMB Direct; empty where the connection is one of TCP. */
    String deviceName() {
        return rdma == null ? "" : rdma.device.name();
    }

    /** A message there and back: ECHO, 2.2.28. */
    SMB2Echo echo() throws IOException {
        return answer(share.getSmbPath().toUncPath(), new SMB2Echo(dialect), SMB2Echo.class);
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

    /** Ends it, without a word to the server. Not on a thread of its transport's. */
    void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        over = true;
        try {
            client.close();
        } finally {
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
            throw failure(path, e);
        }
    }

    /** READ, in whichever way the connection reads; the answer is how many bytes are in place. */
    int read(SmbFile file, long offset, SmbTarget target, long targetOffset, int length) throws IOException {
        return places
                ? place(file, offset, target, targetOffset, length)
                : copy(file, offset, target, targetOffset, length);
    }

    /** Most runs of one strided read, or 0 where the server gathers nothing. */
    int gathersRuns(SMB2FileId file) throws IOException {
        var query = new SMB2IoctlRequest(
                dialect,
                session.getSessionId(),
                share.getTreeConnect().getTreeId(),
                StridedReadRequest.FSCTL_PENSTOCK_QUERY & 0xFFFF_FFFFL,
                file,
                new ArrayByteChunkProvider(new byte[0], 0),
                true,
                StridedReadRequest.DESCRIPTION_BYTES);
        SMB2IoctlResponse response = answer("share", query, SMB2IoctlResponse.class);
        byte[] output = response.getOutputBuffer();
        // Whoever does not know the code refuses it, each server with a status of its own.
        if (response.getHeader().getStatusCode() != 0
                || output == null
                || output.length < StridedReadRequest.DESCRIPTION_BYTES) {
            return 0;
        }
        var fields = ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN);
        boolean known = fields.getInt(0) == StridedReadRequest.SIGNATURE
                && fields.getShort(4) == 1
                && (fields.getInt(8) & StridedReadRequest.FEATURE_READ_STRIDED) != 0
                && fields.getInt(16) >= readBytes;
        return known ? Math.max(0, fields.getInt(12)) : 0;
    }

    /** A strided read of a server that gathers; the answer is how many bytes, whole runs, are in place. */
    int gather(SmbFile file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset) throws IOException {
        var where = new StridedReadRequest.Where(
                dialect,
                session.getSessionId(),
                share.getTreeConnect().getTreeId(),
                file.handle(this).getFileId());
        if (!places) {
            var request = new StridedReadRequest(where, runs, 0, null);
            byte[] data =
                    exchange(file.path(), request, SMB2IoctlResponse.class).getOutputBuffer();
            checkGathered(file, request, data == null ? 0 : data.length);
            MemorySegment.copy(data, 0, target.memory(), ValueLayout.JAVA_BYTE, targetOffset, data.length);
            return data.length;
        }
        var transport = Objects.requireNonNull(direct);
        var region = target.region(this);
        try (MemoryWindow window = transport.connection().expose(region, targetOffset, runs.bytes(), true)) {
            var request = new StridedReadRequest(where, runs, channel(), descriptor(window));
            byte[] output =
                    exchange(file.path(), request, SMB2IoctlResponse.class).getOutputBuffer();
            int placed = output == null || output.length < 4
                    ? 0
                    : ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
            checkGathered(file, request, placed);
            return placed;
        }
    }

    private static void checkGathered(SmbFile file, StridedReadRequest request, int bytes) throws IOException {
        if (bytes <= 0 || bytes != request.asked()) {
            throw new IOException(file.path() + ": " + bytes + " bytes gathered instead of " + request.asked());
        }
    }

    private long channel() {
        boolean invalidated = dialect != SMB2Dialect.SMB_3_0
                && Objects.requireNonNull(rdma).device.limits().invalidation();
        return invalidated ? PlacedReadRequest.RDMA_V1_INVALIDATE : PlacedReadRequest.RDMA_V1;
    }

    private static BufferDescriptor descriptor(MemoryWindow window) {
        var span = window.span();
        return new BufferDescriptor(span.address(), span.key(), span.length());
    }

    private int place(SmbFile file, long offset, SmbTarget target, long targetOffset, int length) throws IOException {
        var transport = Objects.requireNonNull(direct);
        var region = target.region(this);
        // Closing the window is what makes sure that a READ given up on writes nothing later.
        try (MemoryWindow window = transport.connection().expose(region, targetOffset, length, true)) {
            var request = new PlacedReadRequest(
                    dialect,
                    file.handle(this).getFileId(),
                    session.getSessionId(),
                    share.getTreeConnect().getTreeId(),
                    offset,
                    channel(),
                    descriptor(window));
            SMB2ReadResponse response = exchange(file.path(), request, SMB2ReadResponse.class);
            int bytes = transport.takePlaced(response.getHeader().getMessageId());
            if (response.getDataLength() > 0) {
                throw new IOException(file.path() + ": the server sent data in a message instead of placing it");
            }
            return bytes;
        }
    }

    private int copy(SmbFile file, long offset, SmbTarget target, long targetOffset, int length) throws IOException {
        var request = new SMB2ReadRequest(
                dialect,
                file.handle(this).getFileId(),
                session.getSessionId(),
                share.getTreeConnect().getTreeId(),
                offset,
                length);
        byte[] data = exchange(file.path(), request, SMB2ReadResponse.class).getData();
        if (data.length <= length) {
            MemorySegment.copy(data, 0, target.memory(), ValueLayout.JAVA_BYTE, targetOffset, data.length);
        }
        return data.length;
    }

    /** WRITE, in whichever way the connection writes; the answer is how many bytes the server has taken. */
    int write(SmbNewFile file, long offset, SmbTarget source, long sourceOffset, int length) throws IOException {
        SMB2FileId id = file.handle(this).getFileId();
        long tree = share.getTreeConnect().getTreeId();
        SMB2WriteResponse response;
        if (places) {
            var region = source.region(this);
            var transport = Objects.requireNonNull(direct);
            try (MemoryWindow window = transport.connection().expose(region, sourceOffset, length, false)) {
                var request = new PlacedWriteRequest(
                        dialect, id, session.getSessionId(), tree, offset, channel(), descriptor(window));
                response = exchange(file.path(), request, SMB2WriteResponse.class);
            }
        } else {
            var data = new MemoryChunks(source.memory().asSlice(sourceOffset, length), offset);
            var request = new SMB2WriteRequest(dialect, id, session.getSessionId(), tree, data, length);
            response = exchange(file.path(), request, SMB2WriteResponse.class);
        }
        int taken = response.getBytesWritten();
        if (taken <= 0 || taken > length) {
            throw new IOException(file.path() + ": " + taken + " bytes written of " + length);
        }
        return taken;
    }

    private <T extends SMB2Packet> T exchange(String path, SMB2Packet request, Class<T> type) throws IOException {
        T response = answer(path, request, type);
        long status = response.getHeader().getStatusCode();
        if (status == NtStatus.STATUS_END_OF_FILE.getValue()) {
            throw new EOFException(path + " became shorter while it was read");
        }
        if (status == NtStatus.STATUS_INSUFFICIENT_RESOURCES.getValue()) {
            throw new ServerBusyException(path + ": the server has no memory for more requests");
        }
        if (!NtStatus.isSuccess(status)) {
            throw new IOException(path + ": " + NtStatus.valueOf(status));
        }
        return response;
    }

    private <T extends SMB2Packet> T answer(String path, SMB2Packet request, Class<T> type) throws IOException {
        try {
            return type.cast(session.<SMB2Packet>send(request).get(ANSWER_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            throw new IOException(path + ": " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new IOException(path + ": no answer in " + ANSWER_SECONDS + " seconds", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(path + ": the store is closed");
        } catch (SMBRuntimeException e) {
            throw failure(path, e);
        }
    }

    /** What smbj throws, for callers that know files. */
    static IOException failure(String path, SMBRuntimeException e) {
        if (e instanceof SMBApiException api) {
            var status = api.getStatus();
            if (status == NtStatus.STATUS_OBJECT_NAME_NOT_FOUND || status == NtStatus.STATUS_OBJECT_PATH_NOT_FOUND) {
                return new NoSuchFileException(path);
            }
            return new IOException(path + ": " + status, e);
        }
        return new IOException(path + ": " + e.getMessage(), e);
    }
}
