package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.PosixException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many bytes a share takes, for a share that is not to take more than so many. Counted by walking through it, as nobody else knows:
 * whoever asks gets the last count, and where that is old another one is made meanwhile. Thread-safe; one walk at a time.
 */
final class Usage {
    /** Time Machine asks at its start and at its end, hours apart: this is for people who look how it is getting on. */
    private static final long FRESH_NANOS = 30_000_000_000L;

    private final Folder root;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile long bytes = -1;
    private volatile long countedAt;

    /** Of what is below a folder, which stays the caller's. */
    Usage(Folder root) {
        this.root = root;
    }

    /** The bytes; the first call waits for them. */
    long bytes(Executor io) throws PosixException {
        if (bytes < 0) {
            count();
        } else if (System.nanoTime() - countedAt > FRESH_NANOS && !lock.isLocked()) {
            try {
                io.execute(this::recount);
            } catch (RejectedExecutionException _) {
                // The server stops.
            }
        }
        return bytes;
    }

    private void recount() {
        try {
            count();
        } catch (PosixException _) {
            // The last count stands.
        }
    }

    private void count() throws PosixException {
        long asked = System.nanoTime();
        lock.lock();
        try {
            if (bytes < 0 || countedAt - asked < 0) {
                bytes = walk();
                countedAt = System.nanoTime();
            }
        } finally {
            lock.unlock();
        }
    }

    /** By file handles, so that nothing that is renamed meanwhile leads out of the share. */
    private long walk() throws PosixException {
        var folders = new ArrayDeque<Folder>(List.of(root.retain()));
        long sum = 0;
        try {
            while (!folders.isEmpty()) {
                Folder folder = folders.removeLast(); // depth first: few are open at a time
                try (var reader = new FolderReader(folder.handle())) {
                    for (String name = reader.next(); name != null; name = reader.next()) {
                        sum += of(folder, name, reader, folders);
                    }
                } finally {
                    folder.release();
                }
            }
        } finally {
            folders.forEach(Folder::release);
        }
        return sum;
    }

    private static long of(Folder folder, String name, FolderReader reader, ArrayDeque<Folder> folders) {
        try {
            FileStat stat = reader.stat();
            if (stat.isFolder()) {
                folders.add(folder.child(name));
            }
            return stat.allocated() / Math.max(1, stat.isFolder() ? 1 : stat.links());
        } catch (PosixException _) {
            return 0; // it went away meanwhile, or is not ours to read
        }
    }
}
