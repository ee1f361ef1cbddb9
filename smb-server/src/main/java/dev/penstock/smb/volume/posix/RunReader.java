package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads equal runs of a file, a stride apart, packed. Where the gaps are short they are read, too, all into the same few bytes of memory: one
 * preadv then does for hundreds of runs, and the bytes thrown away never leave the processor's cache.
 */
public final class RunReader {
    /** Below this a gap is cheaper to copy (a few hundred nanoseconds) than a system call of its own. */
    private static final long SHORT_GAP = 4096;

    /** Run and gap in turn; Linux and macOS take 1024 pieces a call. */
    private static final int RUNS_PER_CALL = 512;

    /** struct iovec: iov_base, iov_len. */
    private static final long IOVEC = 16;

    private RunReader() {}

    /**
     * Fills the buffer, whose size is a multiple of the run's length.
     *
     * @return false where the file ends before the last run does
     */
    public static boolean read(FileHandle file, MemorySegment into, long offset, int length, long stride)
            throws PosixException {
        return stride - length <= SHORT_GAP
                ? scatter(file, into, offset, length, stride)
                : oneByOne(file, into, offset, length, stride);
    }

    private static boolean oneByOne(FileHandle file, MemorySegment into, long offset, int length, long stride)
            throws PosixException {
        long at = offset;
        for (long to = 0; to < into.byteSize(); to += length) {
            if (Posix.read(file, into.asSlice(to, length), at) < length) {
                return false;
            }
            at += stride;
        }
        return true;
    }

    private static boolean scatter(FileHandle file, MemorySegment into, long offset, int length, long stride)
            throws PosixException {
        long runs = into.byteSize() / length;
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            MemorySegment gap = arena.allocate(SHORT_GAP).asSlice(0, stride - length);
            MemorySegment vectors = arena.allocate(IOVEC * 2 * Math.min(runs, RUNS_PER_CALL), 8);
            for (long first = 0; first < runs; first += RUNS_PER_CALL) {
                int count = (int) Math.min(RUNS_PER_CALL, runs - first);
                MemorySegment part = into.asSlice(first * length, (long) count * length);
                for (int i = 0; i < count; i++) {
                    put(vectors, 2 * i, part.asSlice((long) i * length, length));
                    put(vectors, 2 * i + 1, gap);
                }
                long from = offset + first * stride;
                long wanted = (count - 1) * stride + length;
                long got = call(file, vectors, 2 * count - 1, from, state);
                // Short only at the end of the file or where a signal came in between: the slow way tells which.
                if (got < wanted && !oneByOne(file, part, from, length, stride)) {
                    return false;
                }
            }
            return true;
        }
    }

    private static void put(MemorySegment vectors, int index, MemorySegment piece) {
        vectors.set(ADDRESS, index * IOVEC, piece);
        vectors.set(JAVA_LONG, index * IOVEC + 8, piece.byteSize());
    }

    private static long call(FileHandle file, MemorySegment vectors, int count, long offset, MemorySegment state)
            throws PosixException {
        int fd = file.begin();
        try {
            long n;
            do {
                n = (long) Native.PREADV.invokeExact(state, fd, vectors, count, offset);
            } while (n < 0 && Native.errno(state) == Errno.EINTR);
            if (n < 0) {
                throw new PosixException("preadv", Native.errno(state));
            }
            return n;
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }
}
