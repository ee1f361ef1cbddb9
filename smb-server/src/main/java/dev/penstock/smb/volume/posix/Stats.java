package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.penstock.smb.wire.dtyp.FileTime;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** statx(2) on Linux, whose layout is the same on every processor, and stat(2) on macOS. */
final class Stats {
    private static final int AT_SYMLINK_NOFOLLOW = Native.MAC ? 0x20 : 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_AND_BIRTH = 0xFFF;
    private static final int STATX_BTIME = 0x800;

    /** A buffer that takes either structure. */
    static final int BYTES = 256;

    private Stats() {}

    /** An empty name stands for the open file itself. */
    static FileStat of(FileHandle at, String name) throws PosixException {
        int fd = at.begin();
        try (var arena = Arena.ofConfined()) {
            boolean self = name.isEmpty();
            // macOS has no empty path; the descriptor's own entry below /dev/fd stands for it.
            var path = arena.allocateFrom(self && Native.MAC ? "/dev/fd/" + fd : name);
            int flags = !self ? AT_SYMLINK_NOFOLLOW : Native.MAC ? 0 : AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
            return call(Native.errnoState(arena), fd, path, flags, arena.allocate(BYTES, 8));
        } finally {
            at.end();
        }
    }

    /** Of a name in a folder, with memory of the caller's: {@link #BYTES} of it for the answer. */
    static FileStat of(MemorySegment state, int folder, MemorySegment name, MemorySegment buffer)
            throws PosixException {
        return call(state, folder, name, AT_SYMLINK_NOFOLLOW, buffer);
    }

    private static FileStat call(MemorySegment state, int fd, MemorySegment path, int flags, MemorySegment buffer)
            throws PosixException {
        int rc;
        try {
            rc = Native.MAC
                    ? (int) Native.STAT.invokeExact(state, fd, path, buffer, flags)
                    : (int) Native.STAT.invokeExact(state, fd, path, flags, STATX_BASIC_AND_BIRTH, buffer);
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        }
        if (rc < 0) {
            throw new PosixException("stat", Native.errno(state));
        }
        return Native.MAC ? fromStat(buffer) : fromStatx(buffer);
    }

    private static FileStat fromStatx(MemorySegment b) {
        long accessed = timespec(b, 64);
        long changed = timespec(b, 96);
        long modified = timespec(b, 112);
        boolean hasBirth = (b.get(JAVA_INT, 0) & STATX_BTIME) != 0;
        long birth = hasBirth ? timespec(b, 80) : Math.min(Math.min(accessed, changed), modified);
        return new FileStat(
                ((long) b.get(JAVA_INT, 136) << 32) | Integer.toUnsignedLong(b.get(JAVA_INT, 140)),
                b.get(JAVA_LONG, 32),
                Short.toUnsignedInt(b.get(JAVA_SHORT, 28)),
                b.get(JAVA_INT, 16),
                b.get(JAVA_INT, 20),
                b.get(JAVA_INT, 24),
                b.get(JAVA_LONG, 40),
                b.get(JAVA_LONG, 48) * 512,
                accessed,
                modified,
                changed,
                birth,
                hasBirth);
    }

    private static FileStat fromStat(MemorySegment b) {
        return new FileStat(
                b.get(JAVA_INT, 0),
                b.get(JAVA_LONG, 8),
                Short.toUnsignedInt(b.get(JAVA_SHORT, 4)),
                Short.toUnsignedInt(b.get(JAVA_SHORT, 6)),
                b.get(JAVA_INT, 16),
                b.get(JAVA_INT, 20),
                b.get(JAVA_LONG, 96),
                b.get(JAVA_LONG, 104) * 512,
                longTimespec(b, 32),
                longTimespec(b, 48),
                longTimespec(b, 64),
                longTimespec(b, 80),
                true);
    }

    /** struct statx_timestamp: seconds in 8 bytes, nanoseconds in 4. */
    private static long timespec(MemorySegment b, long at) {
        return FileTime.ofUnix(b.get(JAVA_LONG, at), b.get(JAVA_INT, at + 8));
    }

    /** struct timespec: 8 bytes each. */
    private static long longTimespec(MemorySegment b, long at) {
        return FileTime.ofUnix(b.get(JAVA_LONG, at), (int) b.get(JAVA_LONG, at + 8));
    }
}
