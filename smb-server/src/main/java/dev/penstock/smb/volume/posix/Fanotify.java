package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Linux' fanotify(7), as far as it tells what happens to names and files in folders: marks on folders, and the bytes of what happened.
 * Needs no privilege from Linux 5.13 on. Marks may be set and taken away by any thread; {@link #read} is for one thread at a time.
 */
public final class Fanotify implements AutoCloseable {
    private static final @Nullable MethodHandle INIT = Native.optional("fanotify_init", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final @Nullable MethodHandle MARK =
            Native.optional("fanotify_mark", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS);
    private static final @Nullable MethodHandle NAME_TO_HANDLE =
            Native.optional("name_to_handle_at", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    private static final @Nullable MethodHandle EVENTFD = Native.optional("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final @Nullable MethodHandle POLL = Native.optional("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final @Nullable MethodHandle READ = Native.optional("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final @Nullable MethodHandle WRITE =
            Native.optional("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);

    private static final int FAN_CLOEXEC = 0x1;
    private static final int FAN_NONBLOCK = 0x2;
    private static final int FAN_REPORT_DFID_NAME = 0xC00;
    private static final int FAN_MARK_ADD = 0x1;
    private static final int FAN_MARK_REMOVE = 0x2;
    private static final int FAN_MARK_ONLYDIR = 0x8;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int AT_EMPTY_PATH = 0x1000;
    /** Linux 6.5: an id of a file on file systems, too, that cannot open a file by it. */
    private static final int AT_HANDLE_FID = 0x200;

    private static final short POLLIN = 1;
    private static final int MOST_HANDLE_BYTES = 128;

    /** Four thousand events of a short name, some milliseconds of whatever anybody does. */
    private static final int BUFFER_BYTES = 256 << 10;

    private final Arena arena = Arena.ofAuto();
    private final FileHandle group;
    private final FileHandle alarm;
    private final MemorySegment state = Native.errnoState(arena);
    private final MemorySegment polled = arena.allocate(16, 8); // struct pollfd[2]
    private final MemorySegment count = arena.allocate(8, 8);
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);

    private Fanotify(FileHandle group, FileHandle alarm) {
        this.group = group;
        this.alarm = alarm;
    }

    /**
     * A group of marks of its own.
     *
     * @throws PosixException ENOSYS where there is no such thing, EPERM where it is not for this process, EMFILE where the user has as many
     *     groups as there may be
     */
    public static Fanotify open() throws PosixException {
        if (INIT == null
                || MARK == null
                || NAME_TO_HANDLE == null
                || EVENTFD == null
                || POLL == null
                || READ == null
                || WRITE == null) {
            throw new PosixException("fanotify_init", Errno.ENOSYS);
        }
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoState(arena);
            int group = (int) INIT.invokeExact(state, FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME, 0);
            if (group < 0) {
                throw new PosixException("fanotify_init", Native.errno(state));
            }
            var owned = new FileHandle(group);
            int alarm = (int) EVENTFD.invokeExact(state, 0, EFD_CLOEXEC | EFD_NONBLOCK);
            if (alarm < 0) {
                owned.close();
                throw new PosixException("eventfd", Native.errno(state));
            }
            return new Fanotify(owned, new FileHandle(alarm));
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        }
    }

    /** Marks a folder for events of {@code mask}. A second mark adds to the first. */
    public void mark(FileHandle folder, long mask) throws PosixException {
        mark(folder, FAN_MARK_ADD | FAN_MARK_ONLYDIR, mask);
    }

    /** Takes a folder's mark away. */
    public void unmark(FileHandle folder, long mask) throws PosixException {
        mark(folder, FAN_MARK_REMOVE | FAN_MARK_ONLYDIR, mask);
    }

    private void mark(FileHandle folder, int flags, long mask) throws PosixException {
        int groupFd = group.begin();
        try (var local = Arena.ofConfined()) {
            int fd = folder.begin();
            try {
                var errno = Native.errnoState(local);
                int rc = (int) present(MARK).invokeExact(errno, groupFd, flags, mask, fd, MemorySegment.NULL);
                if (rc < 0) {
                    throw new PosixException("fanotify_mark", Native.errno(errno));
                }
            } finally {
                folder.end();
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            group.end();
        }
    }

    /** What events call a folder, as far as it tells folders of one file system apart: the file's handle, type first. */
    public static byte[] handleOf(FileHandle folder) throws PosixException {
        byte[] id = handleOf(folder, AT_EMPTY_PATH | AT_HANDLE_FID);
        id = id != null ? id : handleOf(folder, AT_EMPTY_PATH);
        if (id == null) {
            throw new PosixException("name_to_handle_at", Errno.EOPNOTSUPP);
        }
        return id;
    }

    private static byte @Nullable [] handleOf(FileHandle folder, int flags) throws PosixException {
        int fd = folder.begin();
        try (var local = Arena.ofConfined()) {
            var errno = Native.errnoState(local);
            // struct file_handle: handle_bytes, handle_type, f_handle
            var handle = local.allocate(8 + MOST_HANDLE_BYTES, 8);
            handle.set(JAVA_INT, 0, MOST_HANDLE_BYTES);
            int rc = (int) present(NAME_TO_HANDLE)
                    .invokeExact(errno, fd, local.allocateFrom(""), handle, local.allocate(8, 8), flags);
            if (rc < 0) {
                int error = Native.errno(errno);
                if (error == Errno.EINVAL || error == Errno.EOPNOTSUPP) {
                    return null;
                }
                throw new PosixException("name_to_handle_at", error);
            }
            int bytes = handle.get(JAVA_INT, 0);
            return handle.asSlice(4, 4L + bytes).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            folder.end();
        }
    }

    /**
     * Waits for something to read, or for {@link #wake}.
     *
     * @param millis at most so long; negative for ever
     * @return whether there is something to read
     */
    public boolean await(int millis) throws PosixException {
        int groupFd = group.begin();
        try {
            int alarmFd = alarm.begin();
            try {
                polled.set(JAVA_INT, 0, groupFd);
                polled.set(JAVA_SHORT, 4, POLLIN);
                polled.set(JAVA_SHORT, 6, (short) 0);
                polled.set(JAVA_INT, 8, alarmFd);
                polled.set(JAVA_SHORT, 12, POLLIN);
                polled.set(JAVA_SHORT, 14, (short) 0);
                int n = (int) present(POLL).invokeExact(state, polled, 2L, millis);
                if (n < 0 && Native.errno(state) != Errno.EINTR) {
                    throw new PosixException("poll", Native.errno(state));
                }
                if (n > 0 && polled.get(JAVA_SHORT, 14) != 0) {
                    long ignored = (long) present(READ).invokeExact(state, alarmFd, count, 8L);
                    assert ignored <= 8;
                }
                return n > 0 && polled.get(JAVA_SHORT, 6) != 0;
            } finally {
                alarm.end();
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            group.end();
        }
    }

    /** What there is to read without waiting, valid until the next call; empty where that is nothing. The order is the machine's. */
    public ByteBuffer read() throws PosixException {
        int fd = group.begin();
        try {
            long n = (long) present(READ).invokeExact(state, fd, buffer, (long) BUFFER_BYTES);
            if (n < 0 && Native.errno(state) != Errno.EAGAIN && Native.errno(state) != Errno.EINTR) {
                throw new PosixException("read", Native.errno(state));
            }
            return buffer.asSlice(0, Math.max(0, n)).asByteBuffer().order(ByteOrder.nativeOrder());
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        } finally {
            group.end();
        }
    }

    /** Lets {@link #await} return. Any thread. */
    public void wake() {
        try (var local = Arena.ofConfined()) {
            int fd = alarm.begin();
            try {
                var one = local.allocateFrom(JAVA_LONG, 1L);
                long ignored = (long) present(WRITE).invokeExact(Native.errnoState(local), fd, one, 8L);
                assert ignored <= 8;
            } finally {
                alarm.end();
            }
        } catch (PosixException _) {
            // It is closed: nobody waits any more.
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MethodHandle present(@Nullable MethodHandle handle) {
        return java.util.Objects.requireNonNull(handle);
    }

    /** Takes all marks away. Nobody may be in {@link #await} or {@link #read}. */
    @Override
    public void close() {
        group.close();
        alarm.close();
    }
}
