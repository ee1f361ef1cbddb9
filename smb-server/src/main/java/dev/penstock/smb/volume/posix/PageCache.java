package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What of files is in memory, and what is to be. */
public final class PageCache {
    private static final int RWF_NOWAIT = 8;
    private static final int POSIX_FADV_WILLNEED = 3;
    private static final int F_RDADVISE = 44;

    /** What Linux reads ahead at a time unless it is told otherwise, and so in what pieces it comes into the cache and leaves it. */
    private static final int PIECE = 128 << 10;

    private PageCache() {}

    /**
     * Fills a buffer from a position out of the page cache, without ever waiting for a disk.
     *
     * @return false where not all of it is there, or the operating system cannot tell
     */
    public static boolean read(FileHandle file, MemorySegment into, long position) throws PosixException {
        if (Native.PREADV2 == null) {
            return false;
        }
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var vector = arena.allocate(16, 8); // struct iovec
            vector.set(ADDRESS, 0, into);
            vector.set(JAVA_LONG, 8, into.byteSize());
            var state = Native.errnoState(arena);
            return (long) Native.PREADV2.invokeExact(state, fd, vector, 1, position, RWF_NOWAIT) == into.byteSize();
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }

    /**
     * Whether a stretch of a file, which ends before the file does, is in the page cache: as far as a byte of each of its pieces shows.
     *
     * @return true also where the operating system cannot tell
     */
    public static boolean holds(FileHandle file, long position, long length) throws PosixException {
        if (Native.PREADV2 == null) {
            return true;
        }
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var vector = arena.allocate(16, 8); // struct iovec
            vector.set(ADDRESS, 0, arena.allocate(1));
            vector.set(JAVA_LONG, 8, 1);
            var state = Native.errnoState(arena);
            long last = position + length - 1;
            for (long at = position; at < last; at += PIECE) {
                if ((long) Native.PREADV2.invokeExact(state, fd, vector, 1, at, RWF_NOWAIT) != 1) {
                    return false;
                }
            }
            return (long) Native.PREADV2.invokeExact(state, fd, vector, 1, last, RWF_NOWAIT) == 1;
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }

    /** Has the operating system begin to read a stretch that will be asked for. Waits at most for a place in the disk's queue. */
    public static void readAhead(FileHandle file, long position, int length) throws PosixException {
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            // It is advice only: that it is not taken makes no difference but to the time it takes.
            if (Native.MAC) {
                var stretch = arena.allocate(16, 8); // struct radvisory
                stretch.set(JAVA_LONG, 0, position);
                stretch.set(JAVA_INT, 8, length);
                int ignored = (int) Native.RESERVE.invokeExact(state, fd, F_RDADVISE, stretch);
            } else if (Native.ADVISE != null) {
                int ignored = (int) Native.ADVISE.invokeExact(state, fd, position, (long) length, POSIX_FADV_WILLNEED);
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }
}
