package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.WorkCompletion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A completion queue: those of its queue pairs, one event channel for them all, one for the connection manager, and a descriptor to be woken
 * by. Of the first thread that polls, awaits or posts, except where something else is said.
 */
final class VerbsQueue implements CompletionQueue {
    /** Polls between two looks at the connection manager's channel, each a system call, while nobody awaits. */
    private static final int POLLS_PER_LOOK = 256;

    private static final short POLLIN = 1;
    private static final int POLLFD = 8;
    private static final int EFD_NONBLOCK_CLOEXEC = 0x800 | 0x80000;

    /** Who is told of the events of an identifier. On the owner's thread. */
    interface Endpoint {
        void event(ConnectionManager.Event event);
    }

    private final VerbsDevice device;
    private final MemorySegment connections;
    /** One for each adapter. */
    private final List<MemorySegment> completions = new ArrayList<>();

    private final int wakeup;
    private final Arena arena = Arena.ofShared();
    private final Scratch scratch = new Scratch(arena);
    /** That to be woken by, the connection manager's, and those of the adapters' channels. */
    private final MemorySegment descriptors;

    private final MemorySegment state = Native.state(arena);
    private final MemorySegment drained = arena.allocate(JAVA_LONG);
    private final MemorySegment one = arena.allocateFrom(JAVA_LONG, 1);
    private final MemorySegment wakeState = Native.state(arena);
    /** Guards the waking descriptor against its close, and the words that waking writes from: any thread wakes. A leaf. */
    private final ReentrantLock waking = new ReentrantLock();

    /** By address. Another queue's owner may put an accepted identifier here. */
    private final Map<Long, Endpoint> endpoints = new ConcurrentHashMap<>();

    private final List<VerbsQueuePair> pairs = new ArrayList<>();
    private final Map<Long, VerbsQueuePair> byNumber = new HashMap<>();
    private final ArrayDeque<Runnable> events = new ArrayDeque<>();
    private long nextNumber = 1;
    private int pollsToLook;
    private volatile @Nullable Thread owner;
    private boolean closed;

    VerbsQueue(VerbsDevice device) throws RdmaException {
        this.device = device;
        this.connections = ConnectionManager.createEventChannel();
        try {
            this.wakeup = (int) Waiting.EVENTFD.invokeExact(state, 0, EFD_NONBLOCK_CLOEXEC);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        this.descriptors = arena.allocate((2L + device.contexts().size()) * POLLFD, 8);
        watch(0, wakeup);
        watch(1, Structs.i32(connections, Structs.EVENT_CHANNEL_FD));
        for (MemorySegment context : device.contexts()) {
            MemorySegment channel = Waiting.createCompChannel(context);
            int descriptor = Structs.i32(channel, Structs.COMP_CHANNEL_FD);
            Waiting.nonblocking(descriptor);
            watch(2 + completions.size(), descriptor);
            completions.add(channel);
        }
    }

    private void watch(int index, int descriptor) {
        descriptors.set(JAVA_INT, (long) index * POLLFD, descriptor);
        descriptors.set(JAVA_SHORT, (long) index * POLLFD + 4, POLLIN);
    }

    VerbsDevice device() {
        return device;
    }

    /** The connection manager's channel. */
    MemorySegment connections() {
        return connections;
    }

    /** The channel that completion events of an adapter come on. */
    MemorySegment completions(int adapter) {
        return completions.get(adapter);
    }

    Scratch scratch() {
        return scratch;
    }

    void checkOwner() {
        assert owned() : "the completion queue belongs to " + owner;
    }

    private boolean owned() {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        return owner == Thread.currentThread();
    }

    // ---------------------------------------------------------------- for what is attached

    /** Says who is told of an identifier's events. Any thread. */
    void attach(MemorySegment id, Endpoint endpoint) {
        endpoints.put(id.address(), endpoint);
    }

    /** Nobody is told of them any more. Any thread. */
    void detach(MemorySegment id) {
        endpoints.remove(id.address());
    }

    /** A number for a pair that has got a queue of its own. */
    long attach(VerbsQueuePair pair) {
        long number = nextNumber++;
        byNumber.put(number, pair);
        return number;
    }

    /** From now on the pair is polled. */
    void watch(VerbsQueuePair pair) {
        if (!pairs.contains(pair)) {
            pairs.add(pair);
        }
    }

    /** The queue of that number is gone. */
    void forget(long number) {
        byNumber.remove(number);
    }

    /** The pair is over and has nothing left to tell. */
    void detach(VerbsQueuePair pair) {
        pairs.remove(pair);
    }

    /** Runs something at the next poll. */
    void later(Runnable event) {
        events.add(event);
    }

    // ---------------------------------------------------------------- polling

    @Override
    public int poll(WorkCompletion[] into) {
        checkOwner();
        int n = 0;
        // Backwards: a pair that has ended takes itself off the list.
        for (int i = pairs.size() - 1; i >= 0 && n < into.length; i--) {
            n = pairs.get(i).poll(into, n);
        }
        if (--pollsToLook <= 0) {
            look();
        }
        for (Runnable event = events.poll(); event != null; event = events.poll()) {
            event.run();
        }
        return n;
    }

    /** Takes what the connection manager has to say, and lets pairs look at their clocks. */
    private void look() {
        pollsToLook = POLLS_PER_LOOK;
        for (var event = ConnectionManager.takeEvent(connections);
                event != null;
                event = ConnectionManager.takeEvent(connections)) {
            long address = event.kind() == ConnectionManager.Kind.CONNECT_REQUEST
                    ? event.listenId()
                    : event.id().address();
            Endpoint endpoint = endpoints.get(address);
            if (endpoint != null) {
                endpoint.event(event);
            } else if (event.kind() == ConnectionManager.Kind.CONNECT_REQUEST) {
                ConnectionManager.reject(event.id(), new byte[0]);
                ConnectionManager.destroyId(event.id());
            }
        }
        long now = System.nanoTime();
        for (int i = pairs.size() - 1; i >= 0; i--) {
            pairs.get(i).tick(now);
        }
    }

    @Override
    public boolean await(long nanos) {
        checkOwner();
        if (!events.isEmpty()) {
            return true;
        }
        boolean armed = false;
        for (VerbsQueuePair pair : pairs) {
            armed |= pair.arm();
        }
        if (armed) {
            return true; // a completion may have come before the arming took effect: one more poll tells
        }
        // Rounded up: a wait of less than a millisecond must not become a busy one.
        int millis = (int) Math.min(1000, (nanos + 999_999) / 1_000_000);
        int ready;
        try {
            ready = (int) Waiting.POLL.invokeExact(state, descriptors, 2L + completions.size(), millis);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        pollsToLook = 0;
        if (ready <= 0) {
            return false;
        }
        for (int i = 0; i < completions.size(); i++) {
            if (isReady(2 + i)) {
                takeEvents(completions.get(i));
            }
        }
        if (isReady(0)) {
            try {
                long ignored = (long) Waiting.READ.invokeExact(state, wakeup, drained, 8L);
            } catch (Throwable e) {
                throw Native.unexpected(e);
            }
        }
        return true;
    }

    private void takeEvents(MemorySegment channel) {
        for (long number = Waiting.takeCqEvent(channel); number != 0; number = Waiting.takeCqEvent(channel)) {
            VerbsQueuePair pair = byNumber.get(number);
            if (pair != null) {
                pair.disarmed();
            }
        }
    }

    private boolean isReady(int index) {
        return descriptors.get(JAVA_SHORT, (long) index * POLLFD + 6) != 0;
    }

    @Override
    public void wakeup() {
        waking.lock();
        try {
            if (!closed) {
                long ignored = (long) Waiting.WRITE.invokeExact(wakeState, wakeup, one, 8L);
            }
        } catch (Throwable e) {
            throw Native.unexpected(e);
        } finally {
            waking.unlock();
        }
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void close() {
        waking.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            waking.unlock();
        }
        List.copyOf(pairs).forEach(VerbsQueuePair::destroy);
        List.copyOf(byNumber.values()).forEach(VerbsQueuePair::destroy);
        for (Endpoint endpoint : List.copyOf(endpoints.values())) {
            if (endpoint instanceof VerbsListener listener) {
                listener.close();
            }
        }
        ConnectionManager.destroyEventChannel(connections);
        completions.forEach(Waiting::destroyCompChannel);
        Native.errno(s -> (int) Waiting.CLOSE.invokeExact(s, wakeup));
        device.forget(this);
        arena.close();
    }

    /** Structs that are filled anew for each call of the data path: the adapter's library copies them. */
    static final class Scratch {
        /** Completions taken by one call. */
        static final int BATCH = 16;

        final MemorySegment sendRequest;
        final MemorySegment receiveRequest;
        final MemorySegment spans;
        final MemorySegment bad;
        final MemorySegment completions;

        Scratch(Arena arena) {
            sendRequest = arena.allocate(Structs.SEND_WR, 8);
            receiveRequest = arena.allocate(Structs.RECV_WR, 8);
            spans = arena.allocate(16 * Structs.SGE, 8);
            bad = arena.allocate(8, 8);
            completions = arena.allocate(BATCH * Structs.WC, 8);
            Structs.pointer(sendRequest, Structs.SEND_WR_SG_LIST, spans);
            Structs.pointer(receiveRequest, Structs.RECV_WR_SG_LIST, spans);
        }
    }
}
