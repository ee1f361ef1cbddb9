package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.penstock.smb.wire.dtyp.FileTime;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The file calls. Names are single components, never paths, but for {@link #openRoot}. */
public final class Posix {
    private static final boolean MAC = Native.MAC;

    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = MAC ? 0x200 : 0x40;
    private static final int O_EXCL = MAC ? 0x800 : 0x80;
    private static final int O_NONBLOCK = MAC ? 0x4 : 0x800;
    static final int O_NOFOLLOW = MAC ? 0x100 : isArm() ? 0x8000 : 0x20000;
    static final int O_DIRECTORY = MAC ? 0x100000 : isArm() ? 0x4000 : 0x10000;
    private static final int O_CLOEXEC = MAC ? 0x1000000 : 0x80000;

    private static final int AT_FDCWD = MAC ? -2 : -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_REMOVEDIR = MAC ? 0x80 : 0x200;
    private static final int RENAME_NO_REPLACE = MAC ? 0x4 : 0x1;

    private static final int F_FULLFSYNC = 51;
    private static final int F_BARRIERFSYNC = 85;
    private static final int F_PREALLOCATE = 42;
    private static final int F_ALLOCATEALL = 4;
    private static final int F_PEOFPOSMODE = 3;
    private static final int FALLOC_FL_KEEP_SIZE = 1;

    private static final long UTIME_OMIT = MAC ? -2 : (1L << 30) - 2;

    private Posix() {}

    /** What {@link #open} may do to a name that is missing, and to one that exists. */
    public enum Creation {
        /** The name must exist. */
        NEVER,
        /** The name must not exist. */
        ALWAYS
    }

    /** Free and total space, and the unit it is counted in. Bytes. */
    public record Space(long unit, long total, long free, long available) {}

    /** Opens the root of a share. Links in the path to it are followed: they are the administrator's. */
    public static FileHandle openRoot(Path folder) throws PosixException {
        return openAt(AT_FDCWD, folder.toString(), O_RDONLY | O_DIRECTORY, 0);
    }

    /** Opens a folder below a folder; a link is refused with {@link Errno#ENOTDIR} or {@link Errno#ELOOP}. */
    public static FileHandle openFolder(FileHandle parent, String name) throws PosixException {
        int fd = parent.begin();
        try {
            return openAt(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        } finally {
            parent.end();
        }
    }

    /**
     * Opens a file; a link is refused. Devices and pipes are opened without waiting: the caller refuses them by their type.
     *
     * @param writable read and write, else read only
     * @param mode permission bits of a file that is made
     */
    public static FileHandle open(FileHandle parent, String name, boolean writable, Creation creation, int mode)
            throws PosixException {
        int flags = O_NOFOLLOW | O_NONBLOCK | (writable ? O_RDWR : O_RDONLY);
        if (creation == Creation.ALWAYS) {
            flags |= O_CREAT | O_EXCL;
        }
        int fd = parent.begin();
        try {
            return openAt(fd, name, flags, mode);
        } finally {
            parent.end();
        }
    }

    /** Opens a new file without a name, which is gone when it is closed. */
    static FileHandle openNameless(FileHandle folder, int flag) throws PosixException {
        int fd = folder.begin();
        try {
            return openAt(fd, ".", flag | O_RDWR, 0600);
        } finally {
            folder.end();
        }
    }

    /** Opens a file that is open once more, to read and write. */
    public static FileHandle openAgain(FileHandle file) throws PosixException {
        return openAt(AT_FDCWD, pathOf(file).toString(), O_RDWR, 0);
    }

    static FileHandle openAt(int parent, String name, int flags, int mode) throws PosixException {
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            int fd = (int) Native.OPENAT.invokeExact(state, parent, arena.allocateFrom(name), flags | O_CLOEXEC, mode);
            if (fd < 0) {
                throw new PosixException("open", Native.errno(state));
            }
            return new FileHandle(fd);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    static void closeNow(int fd) {
        try (var arena = Arena.ofConfined()) {
            // An error of close says nothing that fsync would not have said; the descriptor is gone either way.
            int ignored = (int) Native.CLOSE.invokeExact(Native.errnoState(arena), fd);
            assert ignored <= 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the file system says of an open file. */
    public static FileStat stat(FileHandle file) throws PosixException {
        return Stats.of(file, "");
    }

    /** What the file system says of a name in a folder; of the link itself where it is one. */
    public static FileStat stat(FileHandle parent, String name) throws PosixException {
        return Stats.of(parent, name);
    }

    /**
     * Reads at a position until the buffer is full or the file ends.
     *
     * @return bytes read, less than asked for only at the end of the file
     */
    public static long read(FileHandle file, MemorySegment into, long position) throws PosixException {
        return transfer(file, into, position, true);
    }

    /** Writes all of a buffer at a position. */
    public static void write(FileHandle file, MemorySegment from, long position) throws PosixException {
        long written = transfer(file, from, position, false);
        if (written < from.byteSize()) {
            throw new PosixException("write", Errno.ENOSPC);
        }
    }

    private static long transfer(FileHandle file, MemorySegment memory, long position, boolean read)
            throws PosixException {
        var call = read ? Native.PREAD : Native.PWRITE;
        long done = 0;
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            while (done < memory.byteSize()) {
                long n = (long)
                        call.invokeExact(state, fd, memory.asSlice(done), memory.byteSize() - done, position + done);
                if (n == 0) {
                    break;
                } else if (n > 0) {
                    done += n;
                } else if (Native.errno(state) != Errno.EINTR) {
                    throw new PosixException(read ? "read" : "write", Native.errno(state));
                }
            }
            return done;
        } catch (Throwable e) {
            throw rethrown(e);
        } finally {
            file.end();
        }
    }

    /** Waits until all that was written is on stable storage; on macOS, until the drive has it and keeps the order of it. */
    public static void sync(FileHandle file) throws PosixException {
        if (!MAC || !control(file, F_BARRIERFSYNC)) {
            withFd(file, "fsync", (fd, state, _) -> (int) Native.FSYNC.invokeExact(state, fd));
        }
    }

    /** The same through the caches of drives. Linux' fsync(2) does no less. */
    public static void fullSync(FileHandle file) throws PosixException {
        if (!MAC || !control(file, F_FULLFSYNC)) {
            sync(file);
        }
    }

    /** A call of fcntl(2) without an argument; false where the file system does not know it. */
    private static boolean control(FileHandle file, int command) throws PosixException {
        try {
            withFd(file, "fcntl", (fd, state, _) ->
                    (int) Native.RESERVE.invokeExact(state, fd, command, MemorySegment.NULL));
            return true;
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOTSUP || e.errno() == Errno.EINVAL || e.errno() == Errno.ENOTTY) {
                return false;
            }
            throw e;
        }
    }

    /** Sets the permission bits. */
    public static void setMode(FileHandle file, int mode) throws PosixException {
        withFd(file, "chmod", (fd, state, _) -> (int) Native.FCHMOD.invokeExact(state, fd, mode & 07777));
    }

    /** Sets the length. */
    public static void truncate(FileHandle file, long length) throws PosixException {
        withFd(file, "truncate", (fd, state, _) -> (int) Native.FTRUNCATE.invokeExact(state, fd, length));
    }

    /** Reserves space for {@code length} bytes from the start of the file without changing its length. */
    public static void reserve(FileHandle file, long length) throws PosixException {
        withFd(file, "reserve", (fd, state, arena) -> {
            if (!MAC) {
                return (int) Native.RESERVE.invokeExact(state, fd, FALLOC_FL_KEEP_SIZE, 0L, length);
            }
            var store = arena.allocate(32, 8); // struct fstore
            store.set(JAVA_INT, 0, F_ALLOCATEALL);
            store.set(JAVA_INT, 4, F_PEOFPOSMODE);
            store.set(JAVA_LONG, 16, length);
            return (int) Native.RESERVE.invokeExact(state, fd, F_PREALLOCATE, store);
        });
    }

    /** Makes a folder. */
    public static void makeFolder(FileHandle parent, String name, int mode) throws PosixException {
        withFd(parent, "mkdir", (fd, state, arena) ->
                (int) Native.MKDIRAT.invokeExact(state, fd, arena.allocateFrom(name), mode));
    }

    /** Removes a name, which must be a folder's or must not be, as said. */
    public static void remove(FileHandle parent, String name, boolean folder) throws PosixException {
        withFd(parent, "unlink", (fd, state, arena) ->
                (int) Native.UNLINKAT.invokeExact(state, fd, arena.allocateFrom(name), folder ? AT_REMOVEDIR : 0));
    }

    /** Renames; with {@code replace} false an existing target is {@link Errno#EEXIST}. */
    public static void rename(FileHandle parent, String name, FileHandle toParent, String toName, boolean replace)
            throws PosixException {
        int toFd = toParent.begin();
        try {
            withFd(parent, "rename", (fd, state, arena) -> {
                var from = arena.allocateFrom(name);
                var to = arena.allocateFrom(toName);
                return replace
                        ? (int) Native.RENAMEAT.invokeExact(state, fd, from, toFd, to)
                        : (int) Native.RENAME_FLAGS.invokeExact(state, fd, from, toFd, to, RENAME_NO_REPLACE);
            });
        } finally {
            toParent.end();
        }
    }

    /** Gives a file a second name; an existing target is {@link Errno#EEXIST}. */
    public static void link(FileHandle parent, String name, FileHandle toParent, String toName) throws PosixException {
        int toFd = toParent.begin();
        try {
            withFd(parent, "link", (fd, state, arena) -> (int) Native.LINKAT.invokeExact(
                    state, fd, arena.allocateFrom(name), toFd, arena.allocateFrom(toName), 0));
        } finally {
            toParent.end();
        }
    }

    /** Sets the times of access and modification, each a FILETIME; null leaves one as it is. */
    public static void setTimes(FileHandle file, @Nullable Long accessed, @Nullable Long modified)
            throws PosixException {
        withFd(file, "utimens", (fd, state, arena) -> {
            var times = arena.allocate(32, 8); // struct timespec[2]
            putTime(times, 0, accessed);
            putTime(times, 16, modified);
            int rc = (int) Native.FUTIMENS.invokeExact(state, fd, times);
            if (rc < 0 && !MAC && Native.errno(state) == Errno.EBADF) {
                // A link's handle.
                var itself = arena.allocateFrom("");
                rc = (int) Native.UTIMENSAT.invokeExact(state, fd, itself, times, AT_EMPTY_PATH);
            }
            return rc;
        });
    }

    private static void putTime(MemorySegment times, long at, @Nullable Long ticks) {
        Instant time = ticks == null ? Instant.EPOCH : FileTime.toInstant(ticks);
        times.set(JAVA_LONG, at, time.getEpochSecond());
        times.set(JAVA_LONG, at + 8, ticks == null ? UTIME_OMIT : time.getNano());
    }

    /** Space of the file system that a file is on. */
    public static Space space(FileHandle file) throws PosixException {
        try (var arena = Arena.ofConfined()) {
            // struct statvfs: f_bsize, f_frsize, then block counts, 8 bytes each on Linux and 4 on macOS.
            var buffer = arena.allocate(256, 8);
            withFd(file, "statvfs", (fd, state, _) -> (int) Native.FSTATVFS.invokeExact(state, fd, buffer));
            long unit = buffer.get(JAVA_LONG, 8);
            long width = MAC ? 4 : 8;
            return new Space(unit, count(buffer, 16), count(buffer, 16 + width), count(buffer, 16 + 2 * width));
        }
    }

    private static long count(MemorySegment buffer, long at) {
        return MAC ? Integer.toUnsignedLong(buffer.get(JAVA_INT, at)) : buffer.get(JAVA_LONG, at);
    }

    /** A named attribute of at most {@code limit} bytes, or null where there is none or the file system keeps none. */
    public static byte @Nullable [] attribute(FileHandle file, String name, int limit) throws PosixException {
        try (var arena = Arena.ofConfined()) {
            var value = arena.allocate(limit);
            var state = Native.errnoState(arena);
            var key = arena.allocateFrom(name);
            int fd = file.begin();
            long n;
            try {
                n = MAC
                        ? (long) Native.FGETXATTR.invokeExact(state, fd, key, value, (long) limit, 0, 0)
                        : (long) Native.FGETXATTR.invokeExact(state, fd, key, value, (long) limit);
            } finally {
                file.end();
            }
            return attributeResult(n, value, state);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** The same for a name in a folder, without opening it. */
    public static byte @Nullable [] attribute(FileHandle parent, String entry, String name, int limit)
            throws PosixException {
        if (MAC) {
            try (var file = open(parent, entry, false, Creation.NEVER, 0)) {
                return attribute(file, name, limit);
            }
        }
        try (var arena = Arena.ofConfined()) {
            var value = arena.allocate(limit);
            var state = Native.errnoState(arena);
            int fd = parent.begin();
            long n;
            try {
                // The process's own table of descriptors stands for the folder: there is no getxattrat before Linux
                // 6.13.
                var path = arena.allocateFrom("/proc/self/fd/" + fd + "/" + entry);
                n = (long) Native.GETXATTR.invokeExact(state, path, arena.allocateFrom(name), value, (long) limit);
            } finally {
                parent.end();
            }
            return attributeResult(n, value, state);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private static byte @Nullable [] attributeResult(long n, MemorySegment value, MemorySegment state)
            throws PosixException {
        if (n >= 0) {
            return value.asSlice(0, n).toArray(JAVA_BYTE);
        }
        int errno = Native.errno(state);
        // A link's handle is not good for attributes, which links have none of.
        boolean link = errno == Errno.EBADF;
        if (errno == Errno.ENODATA || errno == Errno.EOPNOTSUPP || errno == Errno.EPERM || link) {
            return null;
        }
        throw new PosixException("getxattr", errno);
    }

    /** Sets a named attribute; null removes it. */
    public static void setAttribute(FileHandle file, String name, byte @Nullable [] value) throws PosixException {
        try {
            withFd(file, "setxattr", (fd, state, arena) -> {
                var key = arena.allocateFrom(name);
                if (value == null) {
                    return MAC
                            ? (int) Native.FREMOVEXATTR.invokeExact(state, fd, key, 0)
                            : (int) Native.FREMOVEXATTR.invokeExact(state, fd, key);
                }
                var bytes = arena.allocateFrom(JAVA_BYTE, value);
                return MAC
                        ? (int) Native.FSETXATTR.invokeExact(state, fd, key, bytes, (long) value.length, 0, 0)
                        : (int) Native.FSETXATTR.invokeExact(state, fd, key, bytes, (long) value.length, 0);
            });
        } catch (PosixException e) {
            if (value != null || e.errno() != Errno.ENODATA) {
                throw e;
            }
        }
    }

    /**
     * A path by which this process can open the very same file again with the JDK's classes, whatever its name is by now. Valid until the
     * handle is closed.
     */
    public static Path pathOf(FileHandle file) throws PosixException {
        int fd = file.begin();
        file.end();
        return Path.of((MAC ? "/dev/fd/" : "/proc/self/fd/") + fd);
    }

    private static boolean isArm() {
        return System.getProperty("os.arch").equals("aarch64");
    }

    /** One call with a descriptor that is held meanwhile; a negative answer is the error in {@code state}. */
    private interface Call {
        int invoke(int fd, MemorySegment state, Arena arena) throws Throwable;
    }

    private static void withFd(FileHandle file, String name, Call call) throws PosixException {
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            while (call.invoke(fd, state, arena) < 0) {
                if (Native.errno(state) != Errno.EINTR) {
                    throw new PosixException(name, Native.errno(state));
                }
            }
        } catch (Throwable e) {
            throw rethrown(e);
        } finally {
            file.end();
        }
    }

    /** What a method handle threw, in the one checked type that these calls have. */
    static PosixException rethrown(Throwable e) {
        return switch (e) {
            case PosixException posix -> posix;
            case RuntimeException unchecked -> throw unchecked;
            case Error error -> throw error;
            default -> throw new IllegalStateException(e);
        };
    }
}
