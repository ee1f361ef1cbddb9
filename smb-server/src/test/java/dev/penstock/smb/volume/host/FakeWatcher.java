package dev.penstock.smb.volume.host;

import static org.awaitility.Awaitility.await;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A watcher that tells what a test says has happened, in batches as the test makes them. */
public final class FakeWatcher implements HostWatcher {
    private static final int NO_ROOM = 28;

    private final Set<FolderId> watched = ConcurrentHashMap.newKeySet();
    private final LinkedBlockingQueue<List<HostEvent>> batches = new LinkedBlockingQueue<>();
    private final AtomicInteger waits = new AtomicInteger();
    private final int most;

    /** With room for so many folders. */
    public FakeWatcher(int most) {
        this.most = most;
    }

    @Override
    public int most() {
        return most;
    }

    @Override
    public FolderId watch(FileHandle folder) throws PosixException {
        FolderId id = id(Posix.stat(folder));
        if (watched.size() >= most && !watched.contains(id)) {
            throw new PosixException("watch", NO_ROOM);
        }
        watched.add(id);
        return id;
    }

    @Override
    public void unwatch(FileHandle folder) {
        try {
            watched.remove(id(Posix.stat(folder)));
        } catch (PosixException e) {
            throw new IllegalStateException(e);
        }
    }

    private static FolderId id(FileStat stat) {
        return id(stat.inode());
    }

    private static FolderId id(long inode) {
        return FolderId.of(Long.toString(inode).getBytes(StandardCharsets.US_ASCII));
    }

    /** What a watcher calls a folder. */
    public static FolderId idOf(Path folder) throws IOException {
        return id((long) Files.getAttribute(folder, "unix:ino"));
    }

    @Override
    public List<HostEvent> next(int millis) {
        waits.incrementAndGet();
        try {
            List<HostEvent> batch = millis < 0 ? batches.take() : batches.poll(millis, TimeUnit.MILLISECONDS);
            return batch == null ? List.of() : batch;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Tells of events together, but of what is in folders that are not watched. */
    public void put(HostEvent... events) {
        batches.add(Stream.of(events)
                .filter(e -> !(e instanceof HostEvent.Happened happened)
                        || watched.contains(happened.place().folder()))
                .toList());
    }

    /** The same, and waits until they were taken. */
    public void tell(HostEvent... events) {
        int before = waits.get();
        put(events);
        // The one that takes it, the one that takes this, and the one that waits for the next.
        wake();
        await().until(() -> waits.get() >= before + 2 && batches.isEmpty());
    }

    /** An event in a folder. */
    public static HostEvent.Happened happened(Path path, int what, boolean own) throws IOException {
        return new HostEvent.Happened(place(path), what, Files.isDirectory(path), own);
    }

    /** A name in a folder. */
    public static HostEvent.Place place(Path path) throws IOException {
        return new HostEvent.Place(idOf(path.getParent()), path.getFileName().toString());
    }

    @Override
    public void wake() {
        batches.add(List.of());
    }

    @Override
    public void close() {
        watched.clear();
    }
}
