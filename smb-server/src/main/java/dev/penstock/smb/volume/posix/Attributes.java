package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The names of extended attributes. Their values are had from {@link Posix#attribute}. */
public final class Attributes {
    /** What Linux returns at most, and enough for macOS. */
    static final int MOST_BYTES = 64 << 10;

    static final int FIRST_BYTES = 1024;

    private Attributes() {}

    /** The names of all attributes that begin with {@code prefix}, whole. Those that are not UTF-8 are passed over. */
    public static List<String> names(FileHandle file, String prefix) throws PosixException {
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            return read(
                    arena,
                    prefix,
                    (state, buffer, size) -> Native.MAC
                            ? (long) Native.FLISTXATTR.invokeExact(state, fd, buffer, size, 0)
                            : (long) Native.FLISTXATTR.invokeExact(state, fd, buffer, size));
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            file.end();
        }
    }

    /** The same of a name in a folder, without opening it or following it. */
    public static List<String> names(FileHandle parent, String entry, String prefix) throws PosixException {
        if (Native.MAC) {
            try (var file = Posix.open(parent, entry, false, Posix.Creation.NEVER, 0)) {
                return names(file, prefix);
            }
        }
        int fd = parent.begin();
        try (var arena = Arena.ofConfined()) {
            var path = arena.allocateFrom("/proc/self/fd/" + fd + "/" + entry);
            return read(arena, prefix, (state, buffer, size) ->
                    (long) Native.LISTXATTR.invokeExact(state, path, buffer, size));
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            parent.end();
        }
    }

    private interface Call {
        long invoke(MemorySegment state, MemorySegment buffer, long size) throws Throwable;
    }

    private static List<String> read(Arena arena, String prefix, Call call) throws Throwable {
        var state = Native.errnoState(arena);
        for (int size = FIRST_BYTES; ; size = MOST_BYTES) {
            var buffer = arena.allocate(size);
            long n = call.invoke(state, buffer, size);
            if (n >= 0) {
                return n == 0 ? List.of() : split(buffer.asSlice(0, n).toArray(JAVA_BYTE), prefix);
            }
            int errno = Native.errno(state);
            if (errno == Errno.EOPNOTSUPP || errno == Errno.EPERM || errno == Errno.EBADF) {
                return List.of();
            }
            if (errno != Errno.ERANGE || size == MOST_BYTES) {
                throw new PosixException("listxattr", errno);
            }
        }
    }

    /** Those of the names, one behind the other with a zero byte after each, that begin with {@code prefix}. */
    static List<String> split(byte[] bytes, String prefix) {
        List<String> names = List.of();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                String name = startsWith(bytes, start, prefix)
                        ? new String(bytes, start, i - start, StandardCharsets.UTF_8)
                        : "";
                start = i + 1;
                if (!name.isEmpty() && name.indexOf('\uFFFD') < 0) {
                    names = names.isEmpty() ? new ArrayList<>() : names;
                    names.add(name);
                }
            }
        }
        return names;
    }

    private static boolean startsWith(byte[] bytes, int start, String prefix) {
        for (int i = 0; i < prefix.length(); i++) {
            if (start + i >= bytes.length || bytes[start + i] != prefix.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
