package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.penstock.rdma.RdmaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What it takes to wait for completions instead of polling: events of libibverbs, and calls of Linux's C library. Apple's library has no events that
 * anybody uses. Thread-safe, as the functions are.
 */
final class Waiting {
    static final MethodHandle POLL = Native.libc("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    static final MethodHandle EVENTFD = Native.libc("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle READ = Native.libc("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle WRITE = Native.libc("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle CLOSE = Native.libc("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle FCNTL = Native.fcntl();

    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;

    private static final MethodHandle CREATE_COMP_CHANNEL = Verbs.function("ibv_create_comp_channel", ADDRESS, ADDRESS);
    private static final MethodHandle DESTROY_COMP_CHANNEL =
            Verbs.function("ibv_destroy_comp_channel", JAVA_INT, ADDRESS);
    private static final MethodHandle GET_CQ_EVENT =
            Verbs.function("ibv_get_cq_event", JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle ACK_CQ_EVENTS =
            Native.function(VerbsLibrary.HERE.path(), "ibv_ack_cq_events", null, ADDRESS, JAVA_INT);

    private Waiting() {}

    /** Loads the class, and with it all functions. */
    static void touch() {
        // The initialiser has done it.
    }

    static void nonblocking(int fd) throws RdmaException {
        Native.check("fcntl", s -> (int) FCNTL.invokeExact(s, fd, F_SETFL, O_NONBLOCK));
    }

    static MemorySegment createCompChannel(MemorySegment context) throws RdmaException {
        return Native.sized(
                Native.object(
                        "ibv_create_comp_channel", s -> (MemorySegment) CREATE_COMP_CHANNEL.invokeExact(s, context)),
                16);
    }

    static void destroyCompChannel(MemorySegment channel) {
        Native.errno(s -> (int) DESTROY_COMP_CHANNEL.invokeExact(s, channel));
    }

    /** The number of the queue that has news; 0 where none has. The event is acknowledged. */
    static long takeCqEvent(MemorySegment channel) {
        try (var arena = Arena.ofConfined()) {
            var queue = arena.allocate(ADDRESS);
            var user = arena.allocate(ADDRESS);
            if (Native.errno(s -> (int) GET_CQ_EVENT.invokeExact(s, channel, queue, user)) != 0) {
                return 0;
            }
            MemorySegment which = queue.get(ADDRESS, 0);
            Native.errno(s -> {
                ACK_CQ_EVENTS.invokeExact(s, which, 1);
                return 0;
            });
            return user.get(ADDRESS, 0).address();
        }
    }
}
