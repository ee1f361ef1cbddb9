package dev.penstock.cache.store.smb;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.msfscc.FileAttributes;
import com.hierynomus.msfscc.fileinformation.FileIdBothDirectoryInformation;
import com.hierynomus.msfscc.fileinformation.FileStandardInformation;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.share.File;
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
import java.util.EnumSet;
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
    private final ShareConnection connection;
    private final ExecutorService readers;
    private final BlockingQueue<SmbTarget> staging = new LinkedBlockingQueue<>();
    private volatile @Nullable Throwable lost;

    /** Most runs that the server gathers in one request; 0 where it cannot; null until the first file was opened. */
    private volatile @Nullable Integer gathersRuns;

    private final LongAdder placed = new LongAdder();
    private final LongAdder staged = new LongAdder();
    private final LongAdder copied = new LongAdder();

    private SmbFileStore(SmbStoreOptions options, char[] password) throws IOException {
        this.readers = Executors.newFixedThreadPool(
                options.parallelReads(),
                Thread.ofPlatform().name("smb-store-", 0).daemon().factory());
        this.connection = ShareConnection.open(options, password, this::lost);
        int part = connection.readBytes();
        var memory = Regions.map((long) options.parallelReads() * part, Arena.ofAuto());
        for (int i = 0; i < options.parallelReads(); i++) {
            staging.add(connection.register(memory.asSlice((long) i * part, part)));
        }
    }

    /**
     * Connects, over SMB Direct if the options name a port for it.
     *
     * @param password of the user; not kept
     * @throws IOException where the server is out of reach, or refuses
     */
    public static SmbFileStore open(SmbStoreOptions options, char[] password) throws IOException {
        return new SmbFileStore(options, password);
    }

    /** Whether data is placed by RDMA. */
    public boolean places() {
        return connection.places();
    }

    @Override
    public List<Entry> list(String path) throws IOException {
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
        try {
            File file = connection
                    .share()
                    .openFile(
                            windows(path),
                            EnumSet.of(AccessMask.GENERIC_READ),
                            null,
                            EnumSet.allOf(SMB2ShareAccess.class),
                            SMB2CreateDisposition.FILE_OPEN,
                            null);
            if (gathersRuns == null) {
                gathersRuns = connection.gathersRuns(file.getFileId());
            }
            long size = file.getFileInformation(FileStandardInformation.class).getEndOfFile();
            return new SmbFile(this, file, path, size);
        } catch (SMBRuntimeException e) {
            throw ShareConnection.failure(path, e);
        }
    }

    @Override
    public NewFile create(String path) throws IOException {
        return SmbNewFile.create(this, connection, path);
    }

    static String windows(String path) {
        return (path.startsWith("/") ? path.substring(1) : path).replace('/', '\\');
    }

    @Override
    public ReadTarget target(MemorySegment memory) throws IOException {
        if (!memory.isAccessibleBy(Thread.ofPlatform().unstarted(() -> {}))) {
            throw new IllegalArgumentException("memory that one thread alone may use; reads are placed by others");
        }
        return connection.register(memory);
    }

    @Override
    public Traffic traffic() {
        return new Traffic(placed.sum(), staged.sum(), copied.sum());
    }

    @Override
    public void close() throws IOException {
        readers.shutdownNow();
        connection.close();
    }

    // ---------------------------------------------------------------- for its files

    int readBytes() {
        return connection.readBytes();
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
        readCounted(file, offset, target, targetOffset, length, places() ? placed : copied);
    }

    private void readCounted(
            SmbFile file, long offset, SmbTarget target, long targetOffset, int length, LongAdder counter)
            throws IOException {
        int done = 0;
        while (done < length) {
            file.checkOpen();
            int got = connection.read(file, offset + done, target, targetOffset + done, length - done);
            if (got <= 0 || got > length - done) {
                throw new EOFException(file.path() + " became shorter while it was read");
            }
            done += got;
            counter.add(got);
        }
    }

    /** Writes a stretch that is no longer than a WRITE, in as many as there are credits for. */
    void write(ShareConnection by, SmbNewFile file, long offset, SmbTarget source, long sourceOffset, int length)
            throws IOException {
        int done = 0;
        while (done < length) {
            file.checkOpen();
            int taken = by.write(file, offset + done, source, sourceOffset + done, length - done);
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
            int got = connection.gather(file, runs.from(done / runs.length()), target, targetOffset + done);
            done += got;
            (places() ? placed : copied).add(got);
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
            readCounted(file, runs.offset(), stage, 0, span, places() ? staged : copied);
            for (int i = 0; i < runs.count(); i++) {
                long to = targetOffset + (long) i * runs.length();
                MemorySegment.copy(stage.memory(), i * runs.stride(), target.memory(), to, runs.length());
            }
        } finally {
            staging.add(stage);
        }
    }
}
