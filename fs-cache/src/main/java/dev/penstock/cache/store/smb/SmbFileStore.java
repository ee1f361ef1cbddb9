package dev.penstock.cache.store.smb;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mserref.NtStatus;
import com.hierynomus.msfscc.FileAttributes;
import com.hierynomus.msfscc.fileinformation.FileIdBothDirectoryInformation;
import com.hierynomus.msfscc.fileinformation.FileStandardInformation;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.mssmb2.messages.SMB2ReadRequest;
import com.hierynomus.mssmb2.messages.SMB2ReadResponse;
import com.hierynomus.smb.SMBPacket;
import com.hierynomus.smb.SMBPacketData;
import com.hierynomus.smbj.SMBClient;
import com.hierynomus.smbj.SmbConfig;
import com.hierynomus.smbj.auth.AuthenticationContext;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.session.Session;
import com.hierynomus.smbj.share.DiskShare;
import com.hierynomus.smbj.transport.tcp.direct.DirectTcpTransportFactory;
import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.memory.Regions;
import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.smbdirect.BufferDescriptor;
import dev.penstock.smbdirect.SmbDirectConfig;
import dev.penstock.smbdirect.SmbDirectEndpoint;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** A share as a store. Thread-safe. */
public final class SmbFileStore implements FileStore {
    /** What a READ may take before the server counts as lost: a disk that has to wake up needs ten seconds. */
    private static final long READ_SECONDS = 60;

    /** Around a READ's data in a message. */
    private static final int MESSAGE_OVERHEAD = 4096;

    private final SMBClient client;
    private final Session session;
    private final DiskShare share;
    private final @Nullable SmbDirectTransport direct;
    private final @Nullable Rdma rdma;
    private final SMB2Dialect dialect;
    private final int readBytes;
    private final boolean places;
    private final ExecutorService readers;
    private final BlockingQueue<SmbTarget> staging = new LinkedBlockingQueue<>();
    private volatile @Nullable Throwable lost;
    private final LongAdder placed = new LongAdder();
    private final LongAdder staged = new LongAdder();
    private final LongAdder copied = new LongAdder();

    /** The RDMA side, which the store owns. */
    private record Rdma(Device device, SmbDirectEndpoint endpoint) {
        static Rdma open() throws IOException {
            var provider = RdmaProvider.named("iwarp").orElseThrow(() -> new IOException("no iwarp provider"));
            var device = provider.open(DeviceOptions.DEFAULT);
            // Whole messages only: data is placed. Two at a time are put together, listings mostly; the rest lie in
            // receive buffers.
            var pool = new SlabPool(List.of(new SlabPool.SizeClass(1 << 20, 4), new SlabPool.SizeClass(16 << 10, 64)));
            return new Rdma(device, new SmbDirectEndpoint(device, pool, SmbDirectConfig.DEFAULT, 1, 0, "store-rdma"));
        }

        void close() {
            endpoint.close();
            device.close();
        }
    }

    private SmbFileStore(SmbStoreOptions options, char[] password, @Nullable Rdma rdma) throws IOException {
        this.rdma = rdma;
        this.readers = Executors.newFixedThreadPool(
                options.parallelReads(),
                Thread.ofPlatform().name("smb-store-", 0).daemon().factory());
        var transport = new SmbDirectTransport[1];
        var config = SmbConfig.builder()
                .withDialects(SMB2Dialect.SMB_3_1_1, SMB2Dialect.SMB_3_0_2, SMB2Dialect.SMB_3_0)
                .withMultiProtocolNegotiate(false)
                .withDfsEnabled(false)
                .withSigningRequired(true)
                .withBufferSize(options.readBytes())
                .withTimeout(READ_SECONDS, TimeUnit.SECONDS);
        config.withTransportLayerFactory((handlers, c) -> {
            var watched = Watched.over(handlers, this::lost);
            if (rdma == null) {
                return new DirectTcpTransportFactory<SMBPacketData<?>, SMBPacket<?, ?>>()
                        .createTransportLayer(watched, c);
            }
            transport[0] = new SmbDirectTransport(rdma.endpoint, watched);
            return transport[0];
        });
        this.client = new SMBClient(config.build());
        try {
            var connection = client.connect(options.host(), rdma == null ? options.tcpPort() : options.rdmaPort());
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
            int most = Math.min(
                    options.readBytes(), connection.getNegotiatedProtocol().getMaxReadSize());
            if (direct != null) {
                var agreed = direct.connection().parameters();
                most = Math.min(most, places ? agreed.maxReadWrite() : agreed.maxMessageIn() - MESSAGE_OVERHEAD);
            }
            this.readBytes = most;
        } catch (SMBRuntimeException e) {
            client.close();
            throw failure(options.share(), e);
        } catch (IOException e) {
            client.close();
            throw e;
        }
        var memory = Regions.map((long) options.parallelReads() * readBytes, Arena.ofAuto());
        for (int i = 0; i < options.parallelReads(); i++) {
            staging.add(register(memory.asSlice((long) i * readBytes, readBytes)));
        }
    }

    /**
     * Connects, over SMB Direct if the options name a port for it.
     *
     * @param password of the user; not kept
     * @throws IOException where the server is out of reach, or refuses
     */
    public static SmbFileStore open(SmbStoreOptions options, char[] password) throws IOException {
        var rdma = options.rdma() ? Rdma.open() : null;
        try {
            return new SmbFileStore(options, password, rdma);
        } catch (IOException | RuntimeException e) {
            if (rdma != null) {
                rdma.close();
            }
            throw e;
        }
    }

    /** Whether data is placed by RDMA. */
    public boolean places() {
        return places;
    }

    @Override
    public List<Entry> list(String path) throws IOException {
        var entries = new ArrayList<Entry>();
        try {
            for (FileIdBothDirectoryInformation e : share.list(windows(path))) {
                String name = e.getFileName();
                boolean folder = (e.getFileAttributes() & FileAttributes.FILE_ATTRIBUTE_DIRECTORY.getValue()) != 0;
                if (!name.equals(".") && !name.equals("..")) {
                    entries.add(new Entry(name, folder, folder ? 0 : e.getEndOfFile()));
                }
            }
        } catch (SMBRuntimeException e) {
            throw failure(path, e);
        }
        return List.copyOf(entries);
    }

    @Override
    public StoredFile open(String path) throws IOException {
        try {
            var file = share.openFile(
                    windows(path),
                    EnumSet.of(AccessMask.GENERIC_READ),
                    null,
                    EnumSet.allOf(SMB2ShareAccess.class),
                    SMB2CreateDisposition.FILE_OPEN,
                    null);
            long size = file.getFileInformation(FileStandardInformation.class).getEndOfFile();
            return new SmbFile(this, file, path, size);
        } catch (SMBRuntimeException e) {
            throw failure(path, e);
        }
    }

    private static String windows(String path) {
        return (path.startsWith("/") ? path.substring(1) : path).replace('/', '\\');
    }

    private static IOException failure(String path, SMBRuntimeException e) {
        if (e instanceof SMBApiException api) {
            var status = api.getStatus();
            if (status == NtStatus.STATUS_OBJECT_NAME_NOT_FOUND || status == NtStatus.STATUS_OBJECT_PATH_NOT_FOUND) {
                return new NoSuchFileException(path);
            }
            return new IOException(path + ": " + status, e);
        }
        return new IOException(path + ": " + e.getMessage(), e);
    }

    @Override
    public ReadTarget target(MemorySegment memory) throws IOException {
        if (!memory.isAccessibleBy(Thread.ofPlatform().unstarted(() -> {}))) {
            throw new IllegalArgumentException("memory that one thread alone may use; reads are placed by others");
        }
        return register(memory);
    }

    private SmbTarget register(MemorySegment memory) throws IOException {
        return places && rdma != null
                ? new SmbTarget(memory, rdma.endpoint, rdma.endpoint.register(memory))
                : new SmbTarget(memory, null, null);
    }

    @Override
    public Traffic traffic() {
        return new Traffic(placed.sum(), staged.sum(), copied.sum());
    }

    @Override
    public void close() throws IOException {
        readers.shutdownNow();
        try {
            client.close();
        } finally {
            if (rdma != null) {
                rdma.close();
            }
        }
    }

    // ---------------------------------------------------------------- for its files

    int readBytes() {
        return readBytes;
    }

    /** Part of a read. */
    interface Part {
        void run() throws IOException;
    }

    /**
     * The connection is gone. Reads that wait are ended at once: smbj would let each wait for credits until its time is over. Those that
     * are inside smbj are interrupted there.
     */
    private void lost(Throwable why) {
        if (lost == null) {
            lost = why;
            for (Runnable waiting : readers.shutdownNow()) {
                waiting.run();
            }
        }
    }

    void submit(SmbFile.Pending pending, Part part) {
        try {
            readers.execute(() -> {
                try {
                    Throwable why = lost;
                    if (why != null) {
                        pending.fail(why);
                    } else if (!pending.failed()) {
                        part.run();
                    }
                } catch (IOException | RuntimeException | AssertionError e) {
                    pending.fail(e);
                } finally {
                    pending.partEnded();
                }
            });
        } catch (RejectedExecutionException e) {
            pending.fail(lost != null ? lost : new IOException("the store is closed", e));
            pending.partEnded();
        }
    }

    /** Reads a stretch that is no longer than a READ, whatever pieces the server gives it in. */
    void read(SmbFile file, long offset, SmbTarget target, long targetOffset, int length) throws IOException {
        readCounted(file, offset, target, targetOffset, length, places ? placed : copied);
    }

    private void readCounted(
            SmbFile file, long offset, SmbTarget target, long targetOffset, int length, LongAdder counter)
            throws IOException {
        int done = 0;
        while (done < length) {
            if (file.closed()) {
                throw new IOException(file.path() + " is closed");
            }
            int got = places
                    ? place(file, offset + done, target, targetOffset + done, length - done)
                    : copy(file, offset + done, target, targetOffset + done, length - done);
            if (got <= 0 || got > length - done) {
                throw new EOFException(file.path() + " became shorter while it was read");
            }
            done += got;
            counter.add(got);
        }
    }

    /** Reads runs with the gaps between them, and packs them in memory. */
    void gather(SmbFile file, long offset, int runLength, long stride, int runs, SmbTarget target, long targetOffset)
            throws IOException {
        SmbTarget stage;
        try {
            stage = staging.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the store is closed");
        }
        try {
            readCounted(file, offset, stage, 0, (int) ((runs - 1) * stride + runLength), places ? staged : copied);
            for (int i = 0; i < runs; i++) {
                MemorySegment.copy(
                        stage.memory(), i * stride, target.memory(), targetOffset + (long) i * runLength, runLength);
            }
        } finally {
            staging.add(stage);
        }
    }

    private int place(SmbFile file, long offset, SmbTarget target, long targetOffset, int length) throws IOException {
        var transport = java.util.Objects.requireNonNull(direct);
        var region = java.util.Objects.requireNonNull(target.region());
        boolean invalidate = dialect != SMB2Dialect.SMB_3_0;
        // Closing the window is what makes sure that a READ given up on writes nothing later.
        try (MemoryWindow window = transport.connection().expose(region, targetOffset, length, true)) {
            var span = window.span();
            var request = new PlacedReadRequest(
                    dialect,
                    file.handle().getFileId(),
                    session.getSessionId(),
                    share.getTreeConnect().getTreeId(),
                    offset,
                    invalidate ? PlacedReadRequest.RDMA_V1_INVALIDATE : PlacedReadRequest.RDMA_V1,
                    new BufferDescriptor(span.address(), span.key(), span.length()));
            var response = exchange(file, request);
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
                file.handle().getFileId(),
                session.getSessionId(),
                share.getTreeConnect().getTreeId(),
                offset,
                length);
        byte[] data = exchange(file, request).getData();
        if (data.length <= length) {
            MemorySegment.copy(data, 0, target.memory(), ValueLayout.JAVA_BYTE, targetOffset, data.length);
        }
        return data.length;
    }

    private SMB2ReadResponse exchange(SmbFile file, SMB2ReadRequest request) throws IOException {
        try {
            Future<SMB2ReadResponse> answer = session.send(request);
            var response = answer.get(READ_SECONDS, TimeUnit.SECONDS);
            long status = response.getHeader().getStatusCode();
            if (status == NtStatus.STATUS_END_OF_FILE.getValue()) {
                throw new EOFException(file.path() + " became shorter while it was read");
            }
            if (!NtStatus.isSuccess(status)) {
                throw new IOException(file.path() + ": " + NtStatus.valueOf(status));
            }
            return response;
        } catch (ExecutionException e) {
            throw new IOException(file.path() + ": " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new IOException(file.path() + ": no answer in " + READ_SECONDS + " seconds", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(file.path() + ": the store is closed");
        } catch (SMBRuntimeException e) {
            throw failure(file.path(), e);
        }
    }
}
