package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.penstock.rdma.RdmaException;
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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the functions of libibverbs, librdmacm and the C library are found and called. Handles take the segment that captures errno first, but for those of
 * the data path, which the headers inline: they are pointers in a device's context, and answer an errno.
 */
@SuppressWarnings("restricted") // the libraries' own functions, with the signatures of their headers
final class Native {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_FIELD = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    static final int ECONNREFUSED = 111;

    /** Data path, by way of the context: int f(qp, wr*, bad_wr**), int poll_cq(cq, n, wc*), int req_notify_cq(cq, solicited_only). */
    static final MethodHandle POST = LINKER.downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));

    static final MethodHandle POLL_CQ =
            LINKER.downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
    static final MethodHandle REQ_NOTIFY_CQ = LINKER.downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

    private static final MethodHandle STRERROR = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("strerror"), FunctionDescriptor.of(ADDRESS, JAVA_INT));

    private Native() {}

    /** Why there are no verbs here; empty where there are. */
    static Optional<String> missing() {
        Optional<String> obstacle = VerbsLibrary.obstacle();
        if (obstacle.isPresent()) {
            return obstacle;
        }
        VerbsLibrary library = VerbsLibrary.HERE;
        return missing(library.path(), library.remedy()).or(() -> old("libibverbs", Verbs::touch));
    }

    /** Why there are no reliable connections here, which take a connection manager, too; empty where there are. */
    static Optional<String> missingConnections() {
        if (!VerbsLibrary.HERE.connects()) {
            return Optional.of("there are only unreliable connections here");
        }
        return missing()
                .or(() -> missing(ConnectionManager.LIBRARY, "Debian: librdmacm1"))
                .or(() -> old("libibverbs or librdmacm", () -> {
                    ConnectionManager.touch();
                    Waiting.touch();
                }));
    }

    private static Optional<String> missing(String library, String remedy) {
        try {
            SymbolLookup.libraryLookup(library, Arena.global());
            return Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.of(library + " is not installed (" + remedy + ")");
        }
    }

    private static Optional<String> old(String what, Runnable loading) {
        try {
            loading.run();
            return Optional.empty();
        } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
            Throwable cause = e.getCause();
            return Optional.of(
                    what + " is too old: " + (cause instanceof NoSuchElementException ? cause.getMessage() : e));
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

    static MethodHandle libc(String name, ValueLayout result, ValueLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments), ERRNO);
    }

    /** fcntl with one argument more, which is a variadic one. */
    static MethodHandle fcntl() {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow("fcntl"),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
                ERRNO,
                Linker.Option.firstVariadicArg(2));
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

    static RdmaException failure(String name, int errno) {
        return new RdmaException(VerbsLibrary.status(errno), name + ": " + describe(errno));
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
