package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libibverbs, librdmacm and, for waiting, the C library. Handles take the segment that captures errno first, but for those of
 * the data path, which the headers inline: they are pointers in a device's context, and answer an errno.
 */
@SuppressWarnings("restricted") // the libraries' own functions, with the signatures of their headers
final class Native {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_FIELD = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    static final int ECONNREFUSED = 111;
    private static final int ENETUNREACH = 101;
    private static final int ETIMEDOUT = 110;
    private static final int EHOSTUNREACH = 113;

    /** Data path, by way of the context: int f(qp, wr*, bad_wr**), int poll_cq(cq, n, wc*), int req_notify_cq(cq, solicited_only). */
    static final MethodHandle POST = LINKER.downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));

    static final MethodHandle POLL_CQ =
            LINKER.downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
    static final MethodHandle REQ_NOTIFY_CQ = LINKER.downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

    static final MethodHandle POLL = libc("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    static final MethodHandle EVENTFD = libc("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle READ = libc("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle WRITE = libc("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle CLOSE = libc("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle FCNTL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("fcntl"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
            ERRNO,
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle STRERROR = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("strerror"), FunctionDescriptor.of(ADDRESS, JAVA_INT));

    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;

    private Native() {}

    /** Both libraries, or why they are not there. */
    sealed interface Libraries {
        /** They are. */
        record Present() implements Libraries {}

        /** They are not. */
        record Missing(String reason) implements Libraries {}
    }

    static Libraries libraries() {
        String os = System.getProperty("os.name");
        if (!os.equals("Linux")) {
            return new Libraries.Missing("libibverbs is Linux's, and this is " + os);
        }
        for (String name : new String[] {Verbs.LIBRARY, ConnectionManager.LIBRARY}) {
            try {
                SymbolLookup.libraryLookup(name, Arena.global());
            } catch (IllegalArgumentException _) {
                String wanted = name.equals(Verbs.LIBRARY) ? "libibverbs1 and ibverbs-providers" : "librdmacm1";
                return new Libraries.Missing(name + " is not installed (Debian: " + wanted + ")");
            }
        }
        try {
            Verbs.touch();
            ConnectionManager.touch();
            return new Libraries.Present();
        } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
            Throwable cause = e.getCause();
            return new Libraries.Missing("libibverbs or librdmacm is too old: "
                    + (cause instanceof NoSuchElementException ? cause.getMessage() : e));
        }
    }

    static MethodHandle function(String library, String name, @Nullable ValueLayout result, ValueLayout... arguments) {
        var symbol = SymbolLookup.libraryLookup(library, Arena.global())
                .find(name)
                .orElseThrow(() -> new NoSuchElementException("it has no " + name));
        var descriptor =
                result == null ? FunctionDescriptor.ofVoid(arguments) : FunctionDescriptor.of(result, arguments);
        return LINKER.downcallHandle(symbol, descriptor, ERRNO);
    }

    private static MethodHandle libc(String name, ValueLayout result, ValueLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments), ERRNO);
    }

    /** A pointer of a library's, seen as that many bytes; null is refused. */
    static MemorySegment sized(MemorySegment pointer, long bytes) {
        if (pointer.address() == 0) {
            throw new IllegalStateException("a null pointer");
        }
        return pointer.reinterpret(bytes);
    }

    /** A C string. */
    static String text(MemorySegment pointer) {
        return pointer.address() == 0 ? "" : pointer.reinterpret(256).getString(0);
    }

    interface IntCall {
        int call(MemorySegment state) throws Throwable;
    }

    interface PointerCall {
        MemorySegment call(MemorySegment state) throws Throwable;
    }

    /** Calls a function; the answer is 0 or the errno, whichever of its two conventions it has. */
    static int errno(IntCall call) {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            int rc = call.call(state);
            return rc == -1 ? (int) ERRNO_FIELD.get(state, 0L) : Math.max(0, rc);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Calls a function that must succeed. */
    static void check(String name, IntCall call) throws RdmaException {
        int errno = errno(call);
        if (errno != 0) {
            throw failure(name, errno);
        }
    }

    /** Calls a function that answers a pointer, null with errno set where it failed. */
    static MemorySegment object(String name, PointerCall call) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            MemorySegment pointer = call.call(state);
            if (pointer.address() == 0) {
                throw failure(name, (int) ERRNO_FIELD.get(state, 0L));
            }
            return pointer;
        } catch (RdmaException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    static void nonblocking(int fd) throws RdmaException {
        check("fcntl", s -> (int) FCNTL.invokeExact(s, fd, F_SETFL, O_NONBLOCK));
    }

    static RdmaException failure(String name, int errno) {
        RdmaStatus status = switch (errno) {
            case ENETUNREACH, ECONNREFUSED, EHOSTUNREACH -> RdmaStatus.UNREACHABLE;
            case ETIMEDOUT -> RdmaStatus.TIMEOUT;
            default -> RdmaStatus.RESOURCES;
        };
        return new RdmaException(status, name + ": " + describe(errno));
    }

    static String describe(int errno) {
        try {
            return text((MemorySegment) STRERROR.invokeExact(errno)) + " (errno " + errno + ")";
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static RuntimeException unexpected(Throwable e) {
        return switch (e) {
            case RuntimeException runtime -> runtime;
            case Error error -> throw error;
            default -> new IllegalStateException(e);
        };
    }

    /** For ports in network order. */
    static final ValueLayout.OfShort BE16 = JAVA_SHORT.withOrder(java.nio.ByteOrder.BIG_ENDIAN);
}
