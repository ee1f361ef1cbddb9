package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What the file system does with its blocks: which it shares between files, which are no data. By ioctl, and so on Linux only; elsewhere
 * nothing is shared, and all blocks are data.
 */
public final class Blocks {
    /** struct file_clone_range: source descriptor, source offset, length, target offset; each of 8 bytes. */
    private static final long FICLONERANGE = 0x4020940DL;

    private static final long FS_IOC_FIEMAP = 0xC020660BL;
    private static final int FIEMAP_BYTES = 32;
    private static final int EXTENT_BYTES = 56;
    private static final int EXTENT_LENGTH = 16;

    /** Extents of one file that are counted; more are rare, and then the difference of one block is nothing. */
    private static final int EXTENTS = 64;

    /** Linux 3.11; O_DIRECTORY is part of it. The same bits on x86-64 and arm64 but for O_DIRECTORY's. */
    private static final int O_TMPFILE = 0x40_0000 | Posix.O_DIRECTORY;

    private Blocks() {}

    /** Whether files in a folder can share blocks: asked of the file system itself, by two nameless empty files. */
    public static boolean shareable(FileHandle folder) {
        if (Native.IOCTL == null) {
            return false;
        }
        try (var one = Posix.openNameless(folder, O_TMPFILE);
                var other = Posix.openNameless(folder, O_TMPFILE)) {
            share(one, 0, other, 0, 0);
            return true;
        } catch (PosixException _) {
            return false;
        }
    }

    /**
     * Lets a stretch of a file share the blocks of another, or of another stretch of the same.
     *
     * @param length in whole blocks, but for a stretch that ends where both files do
     */
    public static void share(FileHandle from, long fromOffset, FileHandle to, long toOffset, long length)
            throws PosixException {
        int source = from.begin();
        try (var arena = Arena.ofConfined()) {
            var range = arena.allocate(32, 8);
            range.set(JAVA_LONG, 0, source);
            range.set(JAVA_LONG, 8, fromOffset);
            range.set(JAVA_LONG, 16, length);
            range.set(JAVA_LONG, 24, toOffset);
            control(to, FICLONERANGE, range);
        } finally {
            from.end();
        }
    }

    /**
     * Bytes of the blocks that hold a file's data or are set aside for it, those of its extended attributes left out; or {@code otherwise}
     * where the file system does not tell, or there are too many extents to count.
     */
    public static long ofData(FileHandle file, long otherwise) {
        if (Native.IOCTL == null) {
            return otherwise;
        }
        try (var arena = Arena.ofConfined()) {
            var map = arena.allocate(FIEMAP_BYTES + (long) EXTENTS * EXTENT_BYTES, 8);
            map.set(JAVA_LONG, 8, -1L); // from 0 to the end
            map.set(JAVA_INT, 24, EXTENTS);
            control(file, FS_IOC_FIEMAP, map);
            int extents = map.get(JAVA_INT, 20);
            long bytes = 0;
            for (int i = 0; i < extents; i++) {
                bytes += map.get(JAVA_LONG, FIEMAP_BYTES + (long) i * EXTENT_BYTES + EXTENT_LENGTH);
            }
            return extents < EXTENTS ? bytes : otherwise;
        } catch (PosixException _) {
            return otherwise;
        }
    }

    private static void control(FileHandle file, long code, MemorySegment argument) throws PosixException {
        MethodHandle call = Native.IOCTL;
        if (call == null) {
            throw new PosixException("ioctl", Errno.EOPNOTSUPP);
        }
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            int rc;
            do {
                rc = (int) call.invokeExact(state, fd, code, argument);
            } while (rc < 0 && Native.errno(state) == Errno.EINTR);
            if (rc < 0) {
                throw new PosixException("ioctl", Native.errno(state));
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }
}
