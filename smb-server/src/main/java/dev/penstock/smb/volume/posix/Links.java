package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/** The calls for symbolic links, none of which follows one. */
public final class Links {
    /** Opens the link itself: O_PATH of Linux and O_SYMLINK of macOS have the same number. */
    private static final int O_LINK = 0x200000;

    /** Bytes of a target at most: PATH_MAX of Linux, without the end. */
    public static final int MOST_BYTES = 4095;

    private Links() {}

    /** Opens a link itself. The handle is good for its metadata; on Linux a link has no attributes of its own. */
    public static FileHandle open(FileHandle parent, String name) throws PosixException {
        int fd = parent.begin();
        try {
            return Posix.openAt(fd, name, O_LINK | Posix.O_NOFOLLOW, 0);
        } finally {
            parent.end();
        }
    }

    /** Where a link leads. What is not UTF-8 in it is lost. */
    public static String target(FileHandle parent, String name) throws PosixException {
        int fd = parent.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            var buffer = arena.allocate(MOST_BYTES + 1);
            long n = (long)
                    Native.READLINKAT.invokeExact(state, fd, arena.allocateFrom(name), buffer, buffer.byteSize());
            if (n < 0) {
                throw new PosixException("readlink", Native.errno(state));
            }
            return new String(buffer.asSlice(0, n).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            parent.end();
        }
    }

    /** Makes a link; an existing name is {@link Errno#EEXIST}. */
    public static void make(FileHandle parent, String name, String target) throws PosixException {
        int fd = parent.begin();
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            int rc =
                    (int) Native.SYMLINKAT.invokeExact(state, arena.allocateFrom(target), fd, arena.allocateFrom(name));
            if (rc < 0) {
                throw new PosixException("symlink", Native.errno(state));
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            parent.end();
        }
    }
}
