package dev.penstock.tools.exercise;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The file calls of Linux that Java has no method for, on a file that these open themselves. */
@SuppressWarnings("restricted") // the C library's own functions, with the signatures of their manual pages
final class FileCalls implements AutoCloseable {
    static final int KEEP_SIZE = 1;
    static final int PUNCH_HOLE = 2;
    static final int COLLAPSE_RANGE = 8;
    static final int ZERO_RANGE = 16;
    static final int INSERT_RANGE = 32;

    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int EOPNOTSUPP = 95;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final long ERRNO_AT =
            Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
            ERRNO,
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle FALLOCATE =
            handle("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle COPY =
            handle("copy_file_range", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
    private final MemorySegment from = arena.allocate(8, 8);
    private final MemorySegment to = arena.allocate(8, 8);
    private final int fd;

    /** The kernel or the file system does not do it. */
    static final class Unsupported extends IOException {
        private static final long serialVersionUID = 1;

        Unsupported(String call) {
            super(call);
        }
    }

    FileCalls(Path file) throws IOException {
        try {
            fd = (int) OPEN.invokeExact(state, arena.allocateFrom(file.toString()), O_RDWR | O_CLOEXEC, 0);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        check("open " + file, fd);
    }

    private static MethodHandle handle(String name, ValueLayout result, ValueLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments), ERRNO);
    }

    void allocate(int mode, long offset, long length) throws IOException {
        try {
            check("fallocate " + mode, (int) FALLOCATE.invokeExact(state, fd, mode, offset, length));
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Copies within the file, as the server does where it can. */
    void copy(long source, long target, long length) throws IOException {
        from.set(JAVA_LONG, 0, source);
        to.set(JAVA_LONG, 0, target);
        try {
            for (long left = length; left > 0; ) {
                long n = (long) COPY.invokeExact(state, fd, from, fd, to, left, 0);
                check("copy_file_range", n);
                if (n == 0) {
                    throw new IOException("copy_file_range ended early");
                }
                left -= n;
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private void check(String call, long result) throws IOException {
        if (result < 0) {
            int errno = state.get(JAVA_INT, ERRNO_AT);
            throw errno == EOPNOTSUPP ? new Unsupported(call) : new IOException(call + ": errno " + errno);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            check("close", (int) CLOSE.invokeExact(state, fd));
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            arena.close();
        }
    }
}
