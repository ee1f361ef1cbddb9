package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

/** Holes in files, and copies that need not pass through this process. */
public final class Extents {
    private static final int SEEK_HOLE = Native.MAC ? 3 : 4;
    private static final int SEEK_DATA = Native.MAC ? 4 : 3;
    private static final int PUNCH_HOLE_KEEP_SIZE = 0x3;
    private static final int ZERO_RANGE_KEEP_SIZE = 0x11;
    private static final int F_PUNCHHOLE = 99;

    /** Bytes per call where this process has to copy: fits a cache and costs few calls. */
    private static final int COPY_BUFFER = 1 << 20;

    private Extents() {}

    /** The first byte of data at or after {@code from}, or -1 where there is none to the end of the file. */
    public static long nextData(FileHandle file, long from) throws PosixException {
        return seek(file, from, SEEK_DATA);
    }

    /** The first byte of a hole at or after {@code from}, the end of the file being one, or -1 past the end. */
    public static long nextHole(FileHandle file, long from) throws PosixException {
        return seek(file, from, SEEK_HOLE);
    }

    /** The descriptor's own position is moved, which nothing here uses. */
    private static long seek(FileHandle file, long from, int whence) throws PosixException {
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            long at = (long) Native.LSEEK.invokeExact(state, fd, from, whence);
            if (at < 0 && Native.errno(state) != Errno.ENXIO) {
                throw new PosixException("lseek", Native.errno(state));
            }
            return at;
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }

    /**
     * Gives the space of a stretch back, which then reads as zeros; where the file system has no holes, or none so small, zeros are written.
     * The stretch lies within the file.
     */
    public static void punch(FileHandle file, long offset, long length) throws PosixException {
        if (!allocate(file, PUNCH_HOLE_KEEP_SIZE, offset, length)) {
            writeZeros(file, offset, length);
        }
    }

    /** Makes a stretch within the file read as zeros and keeps its space where the file system can (tmpfs and macOS cannot). */
    public static void zero(FileHandle file, long offset, long length) throws PosixException {
        if (Native.MAC || !allocate(file, ZERO_RANGE_KEEP_SIZE, offset, length)) {
            punch(file, offset, length);
        }
    }

    private static void writeZeros(FileHandle file, long offset, long length) throws PosixException {
        try (var arena = Arena.ofConfined()) {
            var zeros = arena.allocate(Math.min(length, COPY_BUFFER), 8);
            for (long done = 0; done < length; done += zeros.byteSize()) {
                Posix.write(file, zeros.asSlice(0, Math.min(zeros.byteSize(), length - done)), offset + done);
            }
        }
    }

    /** False where the file system cannot, or cannot at these bounds. */
    private static boolean allocate(FileHandle file, int mode, long offset, long length) throws PosixException {
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            int rc;
            do {
                if (Native.MAC) {
                    var hole = arena.allocate(24, 8); // struct fpunchhole: flags, reserved, offset, length
                    hole.set(JAVA_LONG, 8, offset);
                    hole.set(JAVA_LONG, 16, length);
                    rc = (int) Native.RESERVE.invokeExact(state, fd, F_PUNCHHOLE, hole);
                } else {
                    rc = (int) Native.RESERVE.invokeExact(state, fd, mode, offset, length);
                }
            } while (rc < 0 && Native.errno(state) == Errno.EINTR);
            if (rc >= 0) {
                return true;
            }
            int errno = Native.errno(state);
            if (errno == Errno.EOPNOTSUPP || errno == Errno.EINVAL || errno == Errno.ENOSYS) {
                return false;
            }
            throw new PosixException("fallocate", errno);
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }

    /**
     * Copies a stretch, in the kernel where it can, sharing blocks where the file system can.
     *
     * @return bytes copied, less than asked for only where the source ends
     */
    public static long copy(FileHandle from, long fromOffset, FileHandle to, long toOffset, long length)
            throws PosixException {
        long done = 0;
        MethodHandle call = Native.COPY_FILE_RANGE;
        while (call != null && done < length) {
            long n = copyOnce(call, from, fromOffset + done, to, toOffset + done, length - done);
            if (n == 0) {
                return done;
            }
            if (n < 0) {
                break;
            }
            done += n;
        }
        return done < length ? done + copyHere(from, fromOffset + done, to, toOffset + done, length - done) : done;
    }

    /** Bytes copied, 0 at the end, -1 where the kernel cannot between these two. */
    private static long copyOnce(
            MethodHandle call, FileHandle from, long fromOffset, FileHandle to, long toOffset, long length)
            throws PosixException {
        int source = from.begin();
        try {
            int target = to.begin();
            try (var arena = Arena.ofConfined()) {
                var state = Native.errnoState(arena);
                var in = arena.allocateFrom(JAVA_LONG, fromOffset);
                var out = arena.allocateFrom(JAVA_LONG, toOffset);
                long n = (long) call.invokeExact(state, source, in, target, out, length, 0);
                if (n >= 0) {
                    return n;
                }
                int errno = Native.errno(state);
                boolean cannot = errno == Errno.EXDEV || errno == Errno.EINVAL || errno == Errno.EOPNOTSUPP;
                if (cannot || errno == Errno.EINTR) {
                    return -1;
                }
                throw new PosixException("copy", errno);
            } finally {
                to.end();
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            from.end();
        }
    }

    private static long copyHere(FileHandle from, long fromOffset, FileHandle to, long toOffset, long length)
            throws PosixException {
        long done = 0;
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(Math.min(length, COPY_BUFFER), 8);
            while (done < length) {
                long n = Posix.read(
                        from, buffer.asSlice(0, Math.min(buffer.byteSize(), length - done)), fromOffset + done);
                if (n == 0) {
                    break;
                }
                Posix.write(to, buffer.asSlice(0, n), toOffset + done);
                done += n;
            }
        }
        return done;
    }
}
