package dev.penstock.smb.volume.host;

import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.Fanotify;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.PosixException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** By fanotify(7) of Linux, whose events say which process they come from: to one without privileges, whether they come from itself. */
public final class FanotifyWatcher implements HostWatcher {
    private static final long EVENTS = FanotifyDecoder.MODIFY
            | FanotifyDecoder.ATTRIB
            | FanotifyDecoder.CLOSE_WRITE
            | FanotifyDecoder.CREATE
            | FanotifyDecoder.DELETE
            | FanotifyDecoder.ON_CHILD
            | FanotifyDecoder.ON_FOLDER;

    /** Both names of a rename in one event: Linux 5.17. */
    private static final long PAIRED = EVENTS | FanotifyDecoder.RENAME;

    private static final long UNPAIRED = EVENTS | FanotifyDecoder.MOVED_FROM | FanotifyDecoder.MOVED_TO;

    /** A share of what a process may have of open files, of which each watched folder takes one, and a user of marks. */
    private static final int SHARE = 4;

    private static final int MOST = 8192;

    /** How long events gather before they are read: the kernel makes one of several that are alike, and the thread wakes less often. */
    private static final long GATHER = TimeUnit.MILLISECONDS.toNanos(5);

    /** Buffers read in a row; what there is more of stays in the kernel's queue, which has an end. */
    private static final int MOST_READS = 16;

    private final Fanotify fanotify;
    private final int process = (int) ProcessHandle.current().pid();
    private final long mask;
    private final int most = budget();

    private FanotifyWatcher(Fanotify fanotify, long mask) {
        this.fanotify = fanotify;
        this.mask = mask;
    }

    /** A watcher for a folder and what is below it, or why there is none. */
    public static Found open(FileHandle folder) {
        Fanotify group;
        try {
            group = Fanotify.open();
        } catch (PosixException e) {
            return new Absent(
                    switch (e.errno()) {
                        case Errno.EPERM ->
                            "the system lets this process watch no folders (Linux does from 5.13 on; containers"
                                    + " may forbid it)";
                        case Errno.EMFILE -> "fs.fanotify.max_user_groups is reached";
                        default -> "the system has no fanotify";
                    });
        }
        try {
            Fanotify.handleOf(folder);
            return new Present(new FanotifyWatcher(group, mark(group, folder)));
        } catch (PosixException e) {
            group.close();
            return new Absent("the folder's file system cannot be watched (" + e.getMessage() + ")");
        }
    }

    /** The events that the kernel knows. */
    private static long mark(Fanotify group, FileHandle folder) throws PosixException {
        long mask = PAIRED;
        try {
            group.mark(folder, mask);
        } catch (PosixException e) {
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
            mask = UNPAIRED;
            group.mark(folder, mask);
        }
        group.unmark(folder, mask);
        return mask;
    }

    private static int budget() {
        long files = number(Path.of("/proc/self/limits"), "Max open files");
        long marks = number(Path.of("/proc/sys/fs/fanotify/max_user_marks"), "");
        return (int) Math.min(MOST, Math.min(files, marks) / SHARE);
    }

    /** The first number of the line that begins so; as large as can be where there is none. */
    private static long number(Path file, String line) {
        try {
            for (String found : Files.readAllLines(file)) {
                String rest =
                        found.startsWith(line) ? found.substring(line.length()).strip() : "";
                int end = 0;
                while (end < rest.length() && Character.isDigit(rest.charAt(end))) {
                    end++;
                }
                if (end > 0 && end < 19) {
                    return Long.parseLong(rest.substring(0, end));
                }
            }
        } catch (IOException _) {
            // not this system's
        }
        return Long.MAX_VALUE;
    }

    @Override
    public int most() {
        return most;
    }

    @Override
    public FolderId watch(FileHandle folder) throws PosixException {
        FolderId id = FolderId.of(Fanotify.handleOf(folder));
        fanotify.mark(folder, mask);
        return id;
    }

    @Override
    public void unwatch(FileHandle folder) {
        try {
            fanotify.unmark(folder, mask);
        } catch (PosixException _) {
            // It went with the folder.
        }
    }

    @Override
    public List<HostEvent> next(int millis) throws PosixException {
        if (!fanotify.await(millis)) {
            return List.of();
        }
        LockSupport.parkNanos(GATHER);
        var events = new ArrayList<HostEvent>();
        for (int i = 0; i < MOST_READS; i++) {
            ByteBuffer bytes = fanotify.read();
            if (!bytes.hasRemaining()) {
                break;
            }
            FanotifyDecoder.decode(bytes, process, events);
        }
        return events;
    }

    @Override
    public void wake() {
        fanotify.wake();
    }

    @Override
    public void close() {
        fanotify.close();
    }
}
