package dev.penstock.rdma.verbs;

import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.RemoteSpan;
import dev.penstock.rdma.WorkCompletion;
import dev.penstock.rdma.WorkCompletion.Opcode;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reliable connected queue pair. The adapter's own exists from the moment on when its connection's device is known; receives posted before
 * are kept until then. Of the owner of its completion queue.
 */
final class VerbsQueuePair implements QueuePair, Connecting.Pair {
    private static final Logger LOG = LoggerFactory.getLogger(VerbsQueuePair.class);

    /** What a closed connection's requests may take to be flushed; the adapter is made to after that. */
    private static final long FLUSH_NANOS = Duration.ofSeconds(2).toNanos();

    /** How long the connection manager may lag behind an adapter that has flushed, before the connection counts as broken by us. */
    private static final long LAG_NANOS = Duration.ofMillis(200).toNanos();

    private record Receive(long number, LocalSpan into) {}

    private record Flushed(Opcode opcode, long id) {}

    private final VerbsQueue queue;
    private final VerbsDomain domain;
    private final QueuePairOptions options;
    private final ConnectionEvents events;
    private final ArrayDeque<Receive> early = new ArrayDeque<>();
    private final ArrayDeque<Flushed> flushed = new ArrayDeque<>();
    private final WorkRing sends;
    private final WorkRing receives;
    /** Keys that messages have ended, by the receive's number: rare. */
    private final Map<Long, Integer> invalidated = new HashMap<>();

    private State state = State.IDLE;
    private @Nullable SocketAddress remote;
    private @Nullable Connecting connecting;
    private @Nullable HardwareQueue hardware;
    private boolean armed;
    private boolean destroyed;
    private long deadline;
    private long suspectSince;
    private boolean suspect;

    VerbsQueuePair(VerbsQueue queue, VerbsDomain domain, QueuePairOptions options, ConnectionEvents events) {
        this.queue = queue;
        this.domain = domain;
        this.options = options;
        this.events = events;
        this.sends = new WorkRing(options.sendDepth());
        this.receives = new WorkRing(options.receiveDepth());
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public ConnectionEvents events() {
        return events;
    }

    @Override
    public @Nullable SocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public VerbsQueue queue() {
        return queue;
    }

    // ---------------------------------------------------------------- setting up

    @Override
    public void connect(InetSocketAddress to, ConnectionParameters parameters, Duration timeout) {
        begin(to);
        connecting = Connecting.active(this, to, parameters, timeout);
    }

    /** Takes a request's identifier over. The private data is the peer's, for the event. */
    void accept(MemorySegment id, SocketAddress from, ConnectionParameters answer, byte[] offered) {
        begin(from);
        connecting = Connecting.passive(this, id, answer, offered);
    }

    private void begin(SocketAddress with) {
        queue.checkOwner();
        if (state != State.IDLE) {
            throw new IllegalStateException("used before");
        }
        state = State.CONNECTING;
        remote = with;
        queue.watch(this);
    }

    /** Makes the adapter's queue pair for an identifier that is bound to the device. */
    @Override
    public void create(MemorySegment id) throws RdmaException {
        long number = queue.attach(this);
        var made = HardwareQueue.create(queue, domain, id, options, number);
        hardware = made;
        for (Receive receive : early) {
            made.postReceive(receive.number, receive.into);
        }
        early.clear();
    }

    @Override
    public void established(ConnectionParameters agreed) {
        if (state == State.CONNECTING) {
            state = State.ESTABLISHED;
            guarded(() -> events.established(this, agreed));
        }
    }

    // ---------------------------------------------------------------- posting

    @Override
    public void postReceive(long id, LocalSpan into) {
        queue.checkOwner();
        if (!domain.region(into.region()).locallyWritable()) {
            throw new IllegalArgumentException("a receive into memory that was not registered for writing");
        }
        if (state == State.CLOSED) {
            flushed.add(new Flushed(Opcode.RECEIVE, id));
            queue.watch(this);
            return;
        }
        long number = receives.add(id, Opcode.RECEIVE, into.length());
        if (hardware == null) {
            early.add(new Receive(number, into));
        } else {
            posted(hardware.postReceive(number, into));
        }
    }

    @Override
    public void postSend(long id, List<LocalSpan> from) {
        post(id, Opcode.SEND, HardwareQueue.SEND, from, new RemoteSpan(0, 0, 0));
    }

    @Override
    public void postSendInvalidate(long id, List<LocalSpan> from, int remoteKey) {
        post(id, Opcode.SEND, HardwareQueue.SEND_WITH_INVALIDATE, from, new RemoteSpan(remoteKey, 0, 0));
    }

    @Override
    public void postWrite(long id, List<LocalSpan> from, RemoteSpan to) {
        if (length(from) > to.length()) {
            throw new IllegalArgumentException("a write beyond the end of the remote span");
        }
        post(id, Opcode.WRITE, HardwareQueue.WRITE, from, to);
    }

    @Override
    public void postRead(long id, LocalSpan into, RemoteSpan from) {
        if (into.length() != from.length() || into.length() > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("a read of " + from.length() + " bytes into " + into.length());
        }
        if (!domain.region(into.region()).locallyWritable()) {
            throw new IllegalArgumentException("a read into memory that was not registered for writing");
        }
        post(id, Opcode.READ, HardwareQueue.READ, List.of(into), from);
    }

    private void post(long id, Opcode opcode, int verb, List<LocalSpan> spans, RemoteSpan remoteSpan) {
        queue.checkOwner();
        if (state == State.IDLE || state == State.CONNECTING) {
            throw new IllegalStateException("not connected");
        }
        if (spans.size() > queue.device().limits().maxGather()) {
            throw new IllegalArgumentException(spans.size() + " spans in one request");
        }
        for (LocalSpan span : spans) {
            domain.region(span.region());
        }
        if (state == State.CLOSED) {
            flushed.add(new Flushed(opcode, id));
            queue.watch(this);
            return;
        }
        long number = sends.add(id, opcode, length(spans));
        posted(java.util.Objects.requireNonNull(hardware).postSend(number, verb, spans, remoteSpan));
    }

    private static long length(List<LocalSpan> spans) {
        long sum = 0;
        for (LocalSpan span : spans) {
            sum += span.length();
        }
        return sum;
    }

    /** A post that the adapter refuses is either a limit that we have counted wrong or the end of the connection. */
    private void posted(int errno) {
        if (errno != 0) {
            LOG.debug("a post was refused: {}", Native.describe(errno));
            end(RdmaStatus.CONNECTION_LOST, "the adapter refused a request: " + Native.describe(errno));
        }
    }

    // ---------------------------------------------------------------- polling

    /** Fills completions from {@code n} on; the answer is how many there are then. */
    int poll(WorkCompletion[] into, int from) {
        int n = from;
        boolean before = state == State.CONNECTING;
        if (hardware != null
                && (!before || java.util.Objects.requireNonNull(connecting).mayHear())) {
            n = pollHardware(hardware, into, n);
        }
        if (state == State.CLOSED && (hardware == null || sends.isEmpty() && receives.isEmpty())) {
            n = flush(into, n);
            if (n < into.length) {
                release();
            }
        }
        return n;
    }

    private int pollHardware(HardwareQueue cq, WorkCompletion[] into, int from) {
        int n = finished(into, from);
        while (n < into.length) {
            int got = cq.poll(Math.min(into.length - n, VerbsQueue.Scratch.BATCH));
            if (got == 0) {
                break;
            }
            for (int i = 0; i < got; i++) {
                note(queue.scratch().completions.asSlice(i * Structs.WC, Structs.WC));
            }
            n = finished(into, n);
        }
        return n;
    }

    private void note(MemorySegment wc) {
        RdmaStatus status = HardwareQueue.status(Structs.i32(wc, Structs.WC_STATUS));
        long workId = Structs.i64(wc, Structs.WC_WR_ID);
        boolean receive = HardwareQueue.isReceive(workId);
        if (state == State.CONNECTING && status == RdmaStatus.SUCCESS) {
            // Nobody sends to us before the connection stands: the message has overtaken its event.
            established(java.util.Objects.requireNonNull(connecting).agreed());
        }
        if (!receive) {
            sends.finished(HardwareQueue.number(workId), status);
        } else {
            boolean moved = status == RdmaStatus.SUCCESS;
            receives.finished(
                    HardwareQueue.number(workId),
                    status,
                    moved ? Structs.i32(wc, Structs.WC_BYTE_LEN) & 0xFFFF_FFFFL : 0);
            if (moved && (Structs.i32(wc, Structs.WC_FLAGS) & HardwareQueue.WITH_INVALIDATE) != 0) {
                invalidated.put(HardwareQueue.number(workId), Structs.i32(wc, Structs.WC_INVALIDATED_RKEY));
            }
        }
        if (status == RdmaStatus.FLUSHED && state == State.ESTABLISHED && !suspect) {
            suspect = true;
            suspectSince = System.nanoTime();
        } else if (status != RdmaStatus.SUCCESS && status != RdmaStatus.FLUSHED) {
            end(status, (receive ? "a receive" : "a request") + " ended with " + status);
        }
    }

    /** Tells what has ended of both halves, each in its order. */
    private int finished(WorkCompletion[] into, int from) {
        return finished(sends, into, finished(receives, into, from));
    }

    private int finished(WorkRing ring, WorkCompletion[] into, int from) {
        int n = from;
        for (RdmaStatus status = ring.status(); status != null && n < into.length; status = ring.status()) {
            boolean moved = status == RdmaStatus.SUCCESS;
            // Why a READ was refused is told by the connection's end; it was not done, and that is all that counts
            // here.
            RdmaStatus told = !moved && ring.opcode() == Opcode.READ ? RdmaStatus.FLUSHED : status;
            WorkCompletion completion = into[n++].fill(this, ring.opcode(), ring.id(), told, moved ? ring.length() : 0);
            Integer key = invalidated.isEmpty() || ring != receives ? null : invalidated.remove(ring.number());
            if (key != null) {
                completion.fillInvalidated(key);
            }
            ring.remove();
        }
        return n;
    }

    /** What the adapter has never seen, or will not answer any more. */
    private int flush(WorkCompletion[] into, int from) {
        int n = from;
        for (WorkRing ring : new WorkRing[] {sends, receives}) {
            while (!ring.isEmpty() && n < into.length) {
                into[n++].fill(this, ring.opcode(), ring.id(), RdmaStatus.FLUSHED, 0);
                ring.remove();
            }
        }
        while (!flushed.isEmpty() && n < into.length) {
            Flushed next = flushed.remove();
            into[n++].fill(this, next.opcode, next.id, RdmaStatus.FLUSHED, 0);
        }
        return n;
    }

    /** Asks for an event; true where there was something to ask for. */
    boolean arm() {
        if (armed || hardware == null) {
            return false;
        }
        armed = true;
        hardware.arm();
        return true;
    }

    void disarmed() {
        armed = false;
    }

    /** Looks at the clock. */
    void tick(long now) {
        if (state == State.CONNECTING && connecting != null) {
            connecting.tick(now);
        }
        if (state == State.ESTABLISHED && suspect && now - suspectSince > LAG_NANOS) {
            end(RdmaStatus.PROTOCOL, "the adapter has ended the connection");
        }
        if (state == State.CLOSED && hardware != null && !destroyed && now - deadline > 0) {
            hardware.toError();
            if (now - deadline > FLUSH_NANOS) {
                hardware.destroy();
                hardware = null;
            }
        }
    }

    // ---------------------------------------------------------------- the end

    @Override
    public void close() {
        queue.checkOwner();
        end(RdmaStatus.SUCCESS, "closed on this side");
    }

    @Override
    public void end(RdmaStatus status, String detail) {
        if (state == State.CLOSED) {
            return;
        }
        boolean stood = state == State.ESTABLISHED;
        state = State.CLOSED;
        early.clear();
        deadline = System.nanoTime() + FLUSH_NANOS;
        if (connecting != null) {
            connecting.disconnect();
        }
        if (hardware != null && !stood) {
            hardware.toError();
        }
        queue.watch(this);
        var cause = new ConnectionEvents.Disconnect(status, detail);
        queue.later(() -> guarded(() -> events.disconnected(this, cause)));
    }

    /** Gives everything back once there is nothing left to tell. A pair that is used again after its end is watched again. */
    private void release() {
        destroyed = true;
        if (hardware != null) {
            hardware.destroy();
            hardware = null;
        }
        if (connecting != null) {
            connecting.release();
            connecting = null;
        }
        queue.detach(this);
    }

    /** The queue goes: whatever is outstanding is forgotten. */
    void destroy() {
        end(RdmaStatus.SUCCESS, "the queue was closed");
        release();
    }

    private static void guarded(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("a connection's event handler failed", e);
        }
    }
}
