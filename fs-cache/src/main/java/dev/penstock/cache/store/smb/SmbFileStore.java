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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A share as a store. Thread-safe. */
public final class SmbFileStore implements WritableStore {
    /** Most reads under way, whatever the number of ways. */
    private static final int MOST_READERS = 64;

    private static final Logger LOG = LoggerFactory.getLogger(SmbFileStore.class);

    /** How long a server may have no memory for a request: others' requests end meanwhile, or the server is too small. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long FIRST_PAUSE_MILLIS = 2;
    private static final long LONGEST_PAUSE_MILLIS = 250;

    private final Rails rails;
    private final ThreadPoolExecutor readers;
    private final BlockingQueue<SmbTarget> staging = new LinkedBlockingQueue<>();
    private final Set<String> leftBehind = ConcurrentHashMap.newKeySet();
    private final int parallelReads;
    private final int readBytes;
    private final int writeBytes;
    private final boolean places;

    /** Most runs that the server gathers in one request; 0 where it cannot; null until the first file was opened. */
    private volatile @Nullable Integer gathersRuns;

    private final LongAdder placed = new LongAdder();
    private final LongAdder staged = new LongAdder();
    private final LongAdder copied = new LongAdder();

    private SmbFileStore(List<SmbStoreOptions> ways, boolean findsMore, char[] password) throws IOException {
        var first = ways.getFirst();
        this.parallelReads = first.parallelReads();
        this.readers = new ThreadPoolExecutor(
                parallel(ways.size()),
                MOST_READERS,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("smb-store-", 0).daemon().factory());
        this.rails = Rails.open(ways, password, new Rails.Watcher() {
            @Override
            public void count(int rails) {
                readers.setCorePoolSize(parallel(rails));
            }

            @Override
            public void isThere(ShareConnection connection) {
                isBack(connection);
            }
        });
        var connection = rails.any();
        this.places = connection.places();
        this.readBytes = connection.readBytes();
        this.writeBytes = connection.writeBytes();
        var memory = Regions.map((long) first.parallelReads() * readBytes, Arena.ofAuto());
        for (int i = 0; i < first.parallelReads(); i++) {
            staging.add(new SmbTarget(memory.asSlice((long) i * readBytes, readBytes)));
        }
        if (findsMore) {
            rails.findMore();
        }
    }

    private int parallel(int ways) {
        return Math.min(MOST_READERS, parallelReads * ways);
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
        return new SmbFileStore(ways, false, password);
    }

    /**
     * Connects by one way, and by those that the server names as its own addresses ([MS-SMB2] 2.2.32.5) and that lead to it over cables of this
     * machine, as {@link RailChoice} says. They are looked for again now and then, so that a cable that is plugged in later is used, too.
     *
     * @param password of the user
     * @throws IOException where the server is out of reach by the one that is named, or refuses
     */
    public static SmbFileStore openByAllCables(SmbStoreOptions options, char[] password) throws IOException {
        return new SmbFileStore(List.of(options), true, password);
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
     * @param reserve whether it is used only where no faster one is connected
     * @param why it is not connected; empty where it is
     */
    public record Way(String host, boolean standing, boolean reserve, String why) {}

    /** Whether it is known which ways there are, and each has been tried. */
    public boolean settled() {
        return rails.settled();
    }

    /** Addresses that the server has named as its own; empty where it was not asked, or does not say. */
    public List<String> named() {
        return rails.named();
    }

    /**
     * What was measured of a way.
     *
     * @param roundTripNanos of a small message and its answer, the median
     * @param bytesPerSecond read, with as many READs under way as usual; 0 where there is no file, or it is empty
     * @param placed whether RDMA placed them
     * @param device what carries SMB Direct; empty where it is TCP
     */
    public record Measured(long roundTripNanos, long bytesPerSecond, boolean placed, String device) {}

    /**
     * Measures one way alone, while nothing else is done with the store. Takes as long as it says, and a little more; less where the way is lost.
     *
     * @param host as {@link Way} says it
     * @param path a file to read, again and again from its start if it is short; empty for none
     * @param time for reading
     * @throws IOException where the way is not there, or is lost meanwhile
     */
    public Measured measure(String host, String path, Duration time) throws IOException {
        try (var file = path.isEmpty() ? null : (SmbFile) open(path)) {
            return RailMeter.of(rails.byHost(host)).reading(file, parallelReads, time.toNanos());
        }
    }

    /**
     * What was measured of writing by a way.
     *
     * @param bytesPerSecond written, with as many WRITEs under way as READs usually are, none of them flushed; 0 where it was not measured
     * @param problem why it was not; empty where it was
     */
    public record Written(long bytesPerSecond, String problem) {}

    /**
     * Measures writing by one way alone, as {@link #measure} does reading. What is written is a scratch file of at most 256 MiB under a name that
     * nobody has, which the server removes when it was measured, or when this process is no more.
     *
     * @param host as {@link Way} says it
     * @param folder of the scratch file, which is there; empty for the root
     * @param time for writing
     * @throws IOException where the way is not there, or is lost meanwhile
     */
    public Written measureWriting(String host, String folder, Duration time) throws IOException {
        return RailMeter.of(rails.byHost(host)).writing(folder, parallelReads, time.toNanos());
    }

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
            throw TreeExchange.failure(path, e);
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
        return SmbNewFile.create(this, rails, path);
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

    int writeBytes() {
        return writeBytes;
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

    /** By whichever way is free; again where the server has no memory for it just now, since others ask it for much, too. */
    private <T> T patiently(Rail.Use<T> use) throws IOException {
        long pause = FIRST_PAUSE_MILLIS;
        long start = System.nanoTime();
        while (true) {
            try {
                return rails.call(use);
            } catch (ServerBusyException e) {
                if (System.nanoTime() - start > PATIENCE_NANOS) {
                    throw e;
                }
                LOG.debug("a request is made again", e);
                pause(pause);
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            }
        }
    }

    private static void pause(long millis) throws InterruptedIOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the store is closed");
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
            done += patiently(connection -> {
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
    void write(SmbNewFile file, long offset, SmbTarget source, long sourceOffset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            file.checkOpen();
            int at = done;
            done += patiently(connection -> {
                int asked = Math.min(length - at, connection.writeBytes());
                int taken = connection.write(file, offset + at, source, sourceOffset + at, asked);
                (connection.places() ? placed : copied).add(taken);
                return taken;
            });
        }
    }

    /** An unfinished file is removed when the share is in reach again. */
    void leaveBehind(String unfinished, IOException why) {
        leftBehind.add(unfinished);
        LOG.warn("{} is left behind in the store until that is in reach again: {}", unfinished, why.getMessage());
    }

    /** A way is there, or there again. On a thread that may wait. */
    private void isBack(ShareConnection connection) {
        leftBehind.removeIf(unfinished -> {
            try {
                SmbNewFile.remove(connection, unfinished);
                return true;
            } catch (IOException e) {
                LOG.debug("{} cannot be removed yet", unfinished, e);
                return false;
            }
        });
    }

    /** Reads runs that the server packs, in as many requests as there are credits for. */
    void gatherThere(SmbFile file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset)
            throws IOException {
        int done = 0;
        while (done < runs.bytes()) {
            file.checkOpen();
            int at = done;
            done += patiently(connection -> {
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
