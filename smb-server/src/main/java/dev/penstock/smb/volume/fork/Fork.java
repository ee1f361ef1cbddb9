package dev.penstock.smb.volume.fork;

import dev.penstock.smb.volume.fork.Slots.Slot;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One stream that is open, shared by all its opens. Calls take the file that it belongs to and that file's home, the folder whose hidden
 * folder holds its sidecars: both are the caller's, and the home changes when the file is moved. Any thread.
 */
public final class Fork implements AutoCloseable {
    /**
     * Longer streams go into a sidecar. ext4 has about 4 KiB for all attributes of a file, of which DOS attributes, an access control
     * list and a Mac's tags want their part, too.
     */
    static final int MOST_INLINE = 1024;

    private static final long CLUSTER = 4096;

    private final ReentrantLock lock = new ReentrantLock();
    private String name;
    private byte @Nullable [] data;
    private @Nullable String token;
    private @Nullable FileHandle sidecar;

    /** Nothing else is known to point to the sidecar. */
    private boolean own;

    private boolean namesUnsafe;

    Fork(Slot slot, FileHandle home) throws PosixException {
        this.name = slot.name();
        this.data = slot.data() == null ? null : slot.data().toArray();
        this.token = slot.token();
        this.sidecar = token == null ? null : Sidecars.open(home, token);
    }

    /** The stream's name, as it was first written. */
    public String name() {
        lock.lock();
        try {
            return name;
        } finally {
            lock.unlock();
        }
    }

    /** The stream as an entry of a list. */
    public Forks.Entry entry() throws PosixException {
        lock.lock();
        try {
            byte[] bytes = data;
            return bytes != null
                    ? new Forks.Entry(name, bytes.length, roundUp(bytes.length), Blob.of(bytes.clone()), false)
                    : new Forks.Entry(name, Posix.stat(sidecar()).size(), 0, Blob.EMPTY, false);
        } finally {
            lock.unlock();
        }
    }

    /** Length in bytes. */
    public long size() throws PosixException {
        lock.lock();
        try {
            return data != null ? data.length : Posix.stat(sidecar()).size();
        } finally {
            lock.unlock();
        }
    }

    /** Bytes set aside: what is inside of the file's own attributes counts as a cluster, unless it is empty. */
    public long allocated() throws PosixException {
        lock.lock();
        try {
            return data != null
                    ? roundUp(data.length)
                    : roundUp(Posix.stat(sidecar()).allocated());
        } finally {
            lock.unlock();
        }
    }

    static long roundUp(long bytes) {
        return (bytes + CLUSTER - 1) & -CLUSTER;
    }

    /** Reads at a position; bytes read, less than asked for only at the end. */
    public long read(MemorySegment into, long position) throws PosixException {
        FileHandle file;
        lock.lock();
        try {
            byte[] bytes = data;
            if (bytes != null) {
                long n = Math.max(0, Math.min(into.byteSize(), bytes.length - position));
                if (n > 0) {
                    MemorySegment.copy(MemorySegment.ofArray(bytes), position, into, 0, n);
                }
                return n;
            }
            file = sidecar();
        } finally {
            lock.unlock();
        }
        return Posix.read(file, into, position);
    }

    /** Writes all of a buffer at a position. */
    public void write(FileHandle base, FileHandle home, MemorySegment from, long position) throws PosixException {
        FileHandle file;
        lock.lock();
        try {
            byte[] bytes = data;
            long end = position + from.byteSize();
            if (bytes != null && end <= MOST_INLINE) {
                byte[] changed = Arrays.copyOf(bytes, (int) Math.max(bytes.length, end));
                MemorySegment.copy(from, 0, MemorySegment.ofArray(changed), position, from.byteSize());
                if (keepInline(base, changed)) {
                    return;
                }
            }
            file = ownSidecar(base, home);
        } finally {
            lock.unlock();
        }
        Posix.write(file, from, position);
    }

    /** Replaces the whole stream at once, where it is short. */
    public void set(FileHandle base, FileHandle home, byte[] bytes) throws PosixException {
        lock.lock();
        try {
            if (data == null || bytes.length > MOST_INLINE || !keepInline(base, bytes.clone())) {
                FileHandle file = ownSidecar(base, home);
                Posix.truncate(file, 0);
                writeAll(file, bytes);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets the length. */
    public void truncate(FileHandle base, FileHandle home, long length) throws PosixException {
        lock.lock();
        try {
            byte[] bytes = data;
            boolean fits = bytes != null && length <= MOST_INLINE;
            if (!fits || !keepInline(base, Arrays.copyOf(bytes, (int) length))) {
                Posix.truncate(ownSidecar(base, home), length);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets space aside. */
    public void reserve(FileHandle base, FileHandle home, long length) throws PosixException {
        lock.lock();
        try {
            if (length > MOST_INLINE) {
                Posix.reserve(ownSidecar(base, home), length);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The sidecar as a file, with nothing else pointing to it; a short stream is moved into one. For copies and holes. */
    public FileHandle file(FileHandle base, FileHandle home) throws PosixException {
        lock.lock();
        try {
            return ownSidecar(base, home);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for stable storage. */
    public void sync(FileHandle base, FileHandle home) throws PosixException {
        FileHandle file;
        boolean names;
        lock.lock();
        try {
            file = sidecar;
            names = namesUnsafe;
        } finally {
            lock.unlock();
        }
        if (file != null) {
            Posix.sync(file);
        }
        if (names) {
            Sidecars.syncNames(home);
            lock.lock();
            try {
                namesUnsafe = false;
            } finally {
                lock.unlock();
            }
        }
        Posix.sync(base);
    }

    void renamed(String newName) {
        lock.lock();
        try {
            name = newName;
        } finally {
            lock.unlock();
        }
    }

    /** False where the attribute has no room for it. */
    private boolean keepInline(FileHandle base, byte[] bytes) throws PosixException {
        try {
            Slots.write(base, new Slot(name, Blob.of(bytes), null));
            data = bytes;
            return true;
        } catch (PosixException e) {
            int errno = e.errno();
            if (errno == Errno.ENOSPC || errno == Errno.E2BIG || errno == Errno.ERANGE || errno == Errno.EDQUOT) {
                return false;
            }
            throw e;
        }
    }

    /** The sidecar for writing: made, or copied, where there is none of the stream's own. With the lock held. */
    private FileHandle ownSidecar(FileHandle base, FileHandle home) throws PosixException {
        FileHandle old = sidecar;
        if (old != null && (own || !isShared(base, home))) {
            own = true;
            return old;
        }
        byte[] bytes = data;
        Sidecars.Made made = old != null ? Sidecars.copy(home, old) : Sidecars.make(home);
        boolean done = false;
        try {
            if (bytes != null && bytes.length > 0) {
                writeAll(made.file(), bytes);
            }
            Slots.write(base, new Slot(name, null, made.token()));
            done = true;
        } finally {
            if (!done) {
                made.file().close();
                Sidecars.drop(home, made.token());
            }
        }
        data = null;
        token = made.token();
        sidecar = made.file();
        own = true;
        namesUnsafe = true;
        if (old != null) {
            old.close();
        }
        return made.file();
    }

    /** The file calls want memory outside of the heap. */
    private static void writeAll(FileHandle file, byte[] bytes) throws PosixException {
        try (var arena = Arena.ofConfined()) {
            Posix.write(file, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes), 0);
        }
    }

    private boolean isShared(FileHandle base, FileHandle home) throws PosixException {
        FileStat self = Posix.stat(base);
        return token != null && !self.isFolder() && Sidecars.isShared(home, token, self);
    }

    private FileHandle sidecar() throws PosixException {
        if (sidecar == null) {
            throw new IllegalStateException("a stream without data");
        }
        return sidecar;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (sidecar != null) {
                sidecar.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
