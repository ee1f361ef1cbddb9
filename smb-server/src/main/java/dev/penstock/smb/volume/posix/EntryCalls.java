package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls for names in one folder, in memory that is taken once. Attributes of a name are had from Linux 6.13 on by listxattrat and getxattrat;
 * before, by a path through the process's own table of descriptors, which takes the kernel three times as long. One thread at a time.
 */
final class EntryCalls {
    static final String NAMESPACE = "user.";

    /** The same numbers on every processor that is younger than they are. */
    private static final long GETXATTRAT = 464;

    private static final long LISTXATTRAT = 465;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;

    /** Whether the kernel has the two. */
    static final boolean HAS_AT = !Native.MAC && hasAt();

    private static final int MOST_NAME_BYTES = 255;
    private static final int FIRST_VALUE_BYTES = 2048;
    private static final int ARGUMENTS_BYTES = 16;

    private final boolean direct;
    private final MemorySegment state;
    private final int folder;
    private final MemorySegment path;
    private final MemorySegment name;
    private final MemorySegment key;
    private final MemorySegment stat;
    private final MemorySegment names;
    private final MemorySegment value;
    private final MemorySegment arguments;
    private String current = "";

    /**
     * Calls for the names in a folder.
     *
     * @param direct use listxattrat and getxattrat; only where {@link #HAS_AT}
     */
    EntryCalls(Arena arena, MemorySegment state, int folder, boolean direct) {
        this.direct = direct;
        this.state = state;
        this.folder = folder;
        byte[] prefix = ("/proc/self/fd/" + folder + "/").getBytes(StandardCharsets.US_ASCII);
        this.path = arena.allocate(prefix.length + 1024);
        MemorySegment.copy(prefix, 0, path, JAVA_BYTE, 0, prefix.length);
        this.name = path.asSlice(prefix.length);
        this.key = arena.allocate(MOST_NAME_BYTES + 1);
        this.stat = arena.allocate(Stats.BYTES, 8);
        this.names = arena.allocate(Attributes.FIRST_BYTES);
        this.value = arena.allocate(FIRST_VALUE_BYTES);
        this.arguments = arena.allocate(ARGUMENTS_BYTES, 8);
    }

    private void turnTo(String entry) throws PosixException {
        if (!entry.equals(current)) {
            current = "";
            put(name, entry);
            current = entry;
        }
    }

    FileStat stat(String entry) throws PosixException {
        turnTo(entry);
        return Stats.of(state, folder, name, stat);
    }

    List<String> attributes(String entry) throws PosixException {
        turnTo(entry);
        long n = list(names);
        if (n < 0 && Native.errno(state) == Errno.ERANGE) {
            try (var arena = Arena.ofConfined()) {
                MemorySegment more = arena.allocate(Attributes.MOST_BYTES);
                return names(list(more), more);
            }
        }
        return names(n, names);
    }

    private List<String> names(long n, MemorySegment buffer) throws PosixException {
        if (n > 0) {
            return Attributes.split(buffer.asSlice(0, n).toArray(JAVA_BYTE), NAMESPACE);
        }
        int errno = n == 0 ? 0 : Native.errno(state);
        if (errno == 0 || errno == Errno.EOPNOTSUPP || errno == Errno.EPERM || errno == Errno.EACCES) {
            return List.of();
        }
        throw new PosixException("listxattr", errno);
    }

    private long list(MemorySegment into) {
        try {
            return direct && Native.LIST_AT != null
                    ? (long) Native.LIST_AT.invokeExact(
                            state, LISTXATTRAT, folder, name, AT_SYMLINK_NOFOLLOW, into, into.byteSize())
                    : (long) Native.LISTXATTR.invokeExact(state, path, into, into.byteSize());
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    byte @Nullable [] attribute(String entry, String attribute, int limit) throws PosixException {
        turnTo(entry);
        put(key, attribute);
        long n = get(value.asSlice(0, Math.min(limit, FIRST_VALUE_BYTES)));
        if (n < 0 && Native.errno(state) == Errno.ERANGE && limit > FIRST_VALUE_BYTES) {
            try (var arena = Arena.ofConfined()) {
                MemorySegment more = arena.allocate(limit);
                return value(get(more), more);
            }
        }
        return value(n, value);
    }

    private byte @Nullable [] value(long n, MemorySegment buffer) throws PosixException {
        if (n >= 0) {
            return buffer.asSlice(0, n).toArray(JAVA_BYTE);
        }
        int errno = Native.errno(state);
        if (errno == Errno.ENODATA || errno == Errno.EOPNOTSUPP || errno == Errno.EPERM || errno == Errno.EACCES) {
            return null;
        }
        throw new PosixException("getxattr", errno);
    }

    private long get(MemorySegment into) {
        try {
            if (!direct || Native.GET_AT == null) {
                return (long) Native.GETXATTR.invokeExact(state, path, key, into, into.byteSize());
            }
            arguments.set(ADDRESS, 0, into); // struct xattr_args: value, size, flags
            arguments.set(JAVA_INT, 8, (int) into.byteSize());
            return (long) Native.GET_AT.invokeExact(
                    state, GETXATTRAT, folder, name, AT_SYMLINK_NOFOLLOW, key, arguments, (long) ARGUMENTS_BYTES);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void put(MemorySegment into, String text) throws PosixException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= into.byteSize()) {
            throw new PosixException("a name", Errno.ENAMETOOLONG);
        }
        MemorySegment.copy(bytes, 0, into, JAVA_BYTE, 0, bytes.length);
        into.set(JAVA_BYTE, bytes.length, (byte) 0);
    }

    /** A kernel that knows the call finds fault with the descriptor; any other, and what filters its calls, says something else. */
    private static boolean hasAt() {
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            var nothing = arena.allocate(8);
            long n = Native.LIST_AT == null
                    ? 0
                    : (long) Native.LIST_AT.invokeExact(
                            state, LISTXATTRAT, -1, arena.allocateFrom("x"), AT_SYMLINK_NOFOLLOW, nothing, 8L);
            return n < 0 && Native.errno(state) == Errno.EBADF;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
