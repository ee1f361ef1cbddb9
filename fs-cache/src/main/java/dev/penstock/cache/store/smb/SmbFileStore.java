package dev.penstock.cache.store.smb;

import com.hierynomus.msfscc.FileAttributes;
import com.hierynomus.msfscc.fileinformation.FileIdBothDirectoryInformation;
import com.hierynomus.smbj.common.SMBRuntimeException;
import dev.penstock.cache.store.NewFile;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.cache.store.WritableStore;
import dev.penstock.memory.Regions;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** A share as a store. Thread-safe. */
public final class SmbFileStore implements WritableStore {
    /** Most reads under way, whatever the number of ways. */
    private static final int MOST_READERS = 64;

    private final Rails rails;
    private final ExecutorService readers;
    private final BlockingQueue<SmbTarget> staging = new LinkedBlockingQueue<>();
    private final int readBytes;
    private final boolean places;

    /** Most runs that the server gathers in one request; 0 where it cannot; null until the first file was opened. */
    private volatile @Nullable Integer gathersRuns;

    private final LongAdder placed = new LongAdder();
    private final LongAdder staged = new LongAdder();
    private final LongAdder copied = new LongAdder();

    private SmbFileStore(List<SmbStoreOptions> ways, char[] password) throws IOException {
        var first = ways.getFirst();
        this.rails = Rails.open(ways, password);
        var connection = rails.any();
        this.places = connection.places();
        this.readBytes = connection.readBytes();
        int parallel = Math.min(MOST_READERS, first.parallelReads() * ways.size());
        this.readers = Executors.newFixedThreadPool(
                parallel, Thread.ofPlatform().name("smb-store-", 0).daemon().factory());
        var memory = Regions.map((long) first.parallelReads() * readBytes, Arena.ofAuto());
        for (int i = 0; i < first.parallelReads(); i++) {
            staging.add(new SmbTarget(memory.asSlice((long) i * readBytes, readBytes)));
        }
    }

    /**
     * Connects, over SMB Direct if the options name a port for it.
     *
     * @param password of the user; kept until the store is closed, for a connection that is lost to be made anew
     * @throws IOException where the server is out of reach, or refuses
     */
    public static SmbFileStore open(SmbStoreOptions options, char[] password) throws IOException {
        return open(List.of(options), password);
    }

    /**
     * Connects by several ways to the same share, which are used together: by addresses that different cables lead to, say. One that is lost
     * takes nothing but its speed with it, and is used again when it is back.
     *
     * @param ways the first has to be there, and says how much is read at a time
     * @param password of the user
     * @throws IOException where the server is out of reach by the first, or refuses
     */
    public static SmbFileStore open(List<SmbStoreOptions> ways, char[] password) throws IOException {
        return new SmbFileStore(ways, password);
    }

    /** Whether data is placed by RDMA. */
    public boolean places() {
        return places;
    }

    /** Where each way leads, and whether it is there. */
    public List<Way> ways() {
        return rails.ways();
    }

    /**
     * One of the ways to the share.
     *
     * @param host as it was named
     * @param standing whether it is connected
     */
    public record Way(String host, boolean standing) {}

    @Override
    public List<Entry> list(String path) throws IOException {
        return rails.call(connection -> list(connection, path));
    }

    private static List<Entry> list(ShareConnection connection, String path) throws IOException {
        var entries = new ArrayList<Entry>();
        try {
            for (FileIdBothDirectoryInformation e : connection.share().list(windows(path))) {
                String name = e.getFileName();
                boolean folder = (e.getFileAttributes() & FileAttributes.FILE_ATTRIBUTE_DIRECTORY.getValue()) != 0;
                if (!name.equals(".") && !name.equals("..")) {
                    entries.add(new Entry(name, folder, folder ? 0 : e.getEndOfFile()));
                }
            }
        } catch (SMBRuntimeException e) {
            throw ShareConnection.failure(path, e);
        }
        return List.copyOf(entries);
    }

    @Override
    public StoredFile open(String path) throws IOException {
        return rails.call(connection -> {
            var opened = connection.open(path);
            if (gathersRuns == null) {
                gathersRuns = connection.gathersRuns(opened.file().getFileId());
            }
            return new SmbFile(this, connection, opened, path);
        });
    }

    @Override
    public NewFile create(String path) throws IOException {
        return rails.call(connection -> SmbNewFile.create(this, connection, path));
    }

    static String windows(String path) {
        return (path.startsWith("/") ? path.substring(1) : path).replace('/', '\\');
    }

    @Override
    public ReadTarget target(MemorySegment memory) throws IOException {
        if (!memory.isAccessibleBy(Thread.ofPlatform().unstarted(() -> {}))) {
            throw new IllegalArgumentException("memory that one thread alone may use; reads are placed by others");
        }
        return new SmbTarget(memory);
    }

    @Override
    public Traffic traffic() {
        return new Traffic(placed.sum(), staged.sum(), copied.sum());
    }

    @Override
    public void close() throws IOException {
        readers.shutdownNow();
        rails.close();
    }

    // ---------------------------------------------------------------- for its files

    int readBytes() {
        return readBytes;
    }

    /** Most runs that the server gathers in one request; 0 where it cannot. */
    int gathersRuns() {
        Integer runs = gathersRuns;
        return runs == null ? 0 : runs;
    }

    /** Part of a read. */
    interface Part {
        void run() throws IOException;
    }

    void submit(SmbFile.Pending pending, Part part) {
        try {
            readers.execute(() -> {
                try {
                    if (!pending.failed()) {
                        part.run();
                    }
                } catch (IOException | RuntimeException | AssertionError e) {
                    pending.fail(e);
                } finally {
                    pending.partEnded();
                }
            });
        } catch (RejectedExecutionException e) {
            pending.fail(new IOException("the store is closed", e));
            pending.partEnded();
        }
    }

    /** Reads a stretch that is no longer than a READ, whatever pieces the server gives it in. */
    void read(SmbFile file, long offset, SmbTarget target, long targetOffset, int length) throws IOException {
        readCounted(file, offset, target, targetOffset, length, placed);
    }

    private void readCounted(
            SmbFile file, long offset, SmbTarget target, long targetOffset, int length, LongAdder whereItPlaces)
            throws IOException {
        int done = 0;
        while (done < length) {
            file.checkOpen();
            int at = done;
            done += rails.call(connection -> {
                int asked = Math.min(length - at, connection.readBytes());
                int got = connection.read(file, offset + at, target, targetOffset + at, asked);
                if (got <= 0 || got > asked) {
                    throw new EOFException(file.path() + " became shorter while it was read");
                }
                (connection.places() ? whereItPlaces : copied).add(got);
                return got;
            });
        }
    }

    /** Writes a stretch that is no longer than a WRITE, in as many as there are credits for. */
    void write(ShareConnection by, SmbNewFile file, long offset, SmbTarget source, long sourceOffset, int length)
            throws IOException {
        int done = 0;
        while (done < length) {
            file.checkOpen();
            int at = done;
            int taken = rails.call(by, c -> c.write(file, offset + at, source, sourceOffset + at, length - at));
            done += taken;
            (by.places() ? placed : copied).add(taken);
        }
    }

    /** Reads runs that the server packs, in as many requests as there are credits for. */
    void gatherThere(SmbFile file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset)
            throws IOException {
        int done = 0;
        while (done < runs.bytes()) {
            file.checkOpen();
            int at = done;
            done += rails.call(connection -> {
                int got = connection.gather(file, runs.from(at / runs.length()), target, targetOffset + at);
                (connection.places() ? placed : copied).add(got);
                return got;
            });
        }
    }

    /** Reads runs with the gaps between them, and packs them in memory. */
    void gatherHere(SmbFile file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset)
            throws IOException {
        SmbTarget stage;
        try {
            stage = staging.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the store is closed");
        }
        try {
            int span = (int) ((runs.count() - 1) * runs.stride() + runs.length());
            readCounted(file, runs.offset(), stage, 0, span, staged);
            for (int i = 0; i < runs.count(); i++) {
                long to = targetOffset + (long) i * runs.length();
                MemorySegment.copy(stage.memory(), i * runs.stride(), target.memory(), to, runs.length());
            }
        } finally {
            staging.add(stage);
        }
    }
}
