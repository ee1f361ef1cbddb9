package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.RemoteSpan;
import dev.penstock.rdma.WorkCompletion.Opcode;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A queue pair whose protocol runs in software: the part that knows no carrier. Belongs to the owner of its completion queue. */
public final class SoftQueuePair implements QueuePair {
    private static final Logger LOG = LoggerFactory.getLogger(SoftQueuePair.class);

    private final SoftDevice device;
    private final SoftProtectionDomain domain;
    private final SoftCompletionQueue queue;
    private final ConnectionEvents events;
    private final Transmitter transmitter;
    private final Receiver receiver;
    private final int depth;
    private State state = State.IDLE;
    private @Nullable Carrier carrier;
    private @Nullable SocketAddress remote;

    SoftQueuePair(SoftDevice device, QueuePairOptions options, ConnectionEvents events) {
        if (!(options.domain() instanceof SoftProtectionDomain d)
                || !(options.queue() instanceof SoftCompletionQueue q)) {
            throw new IllegalArgumentException("domain and queue are of another provider");
        }
        this.device = device;
        this.domain = d;
        this.queue = q;
        this.events = events;
        this.transmitter = new Transmitter(this, options.sendDepth());
        this.receiver = new Receiver(this, transmitter, options.receiveDepth());
        this.depth = options.sendDepth() + options.receiveDepth();
        q.attached(depth);
    }

    SoftDevice device() {
        return device;
    }

    SoftProtectionDomain domain() {
        return domain;
    }

    /** Where its completions go. */
    public SoftCompletionQueue queue() {
        return queue;
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

    // ---------------------------------------------------------------- what its user asks

    @Override
    public void connect(InetSocketAddress to, ConnectionParameters parameters, Duration timeout) {
        connecting(to);
        device.connect(this, to, parameters, timeout);
    }

    @Override
    public void postReceive(long id, LocalSpan into) {
        queue.checkOwner();
        if (!domain.region(into.region()).locallyWritable()) {
            throw new IllegalArgumentException("a receive into memory that was not registered for writing");
        }
        if (state == State.CLOSED) {
            queue.complete(this, Opcode.RECEIVE, id, RdmaStatus.FLUSHED, 0);
        } else {
            receiver.post(id, into.memory());
        }
    }

    @Override
    public void postSend(long id, List<LocalSpan> from) {
        post(id, Opcode.SEND, from, 0, 0, false);
    }

    @Override
    public void postSendInvalidate(long id, List<LocalSpan> from, int remoteKey) {
        post(id, Opcode.SEND, from, remoteKey, 0, true);
    }

    @Override
    public void postWrite(long id, List<LocalSpan> from, RemoteSpan to) {
        long room = to.length();
        for (LocalSpan span : from) {
            room -= span.length();
        }
        if (room < 0) {
            throw new IllegalArgumentException("a write beyond the end of the remote span");
        }
        post(id, Opcode.WRITE, from, to.key(), to.address(), false);
    }

    @Override
    public void postRead(long id, LocalSpan into, RemoteSpan from) {
        if (into.length() != from.length() || into.length() > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("a read of " + from.length() + " bytes into " + into.length());
        }
        var sink = domain.region(into.region());
        if (!sink.locallyWritable()) {
            throw new IllegalArgumentException("a read into memory that was not registered for writing");
        }
        var request = post(id, Opcode.READ, List.of(), from.key(), from.address(), false);
        if (request != null) {
            request.length = into.length();
            request.sink = into.memory();
            request.sinkKey = sink.localKey();
        }
    }

    private @Nullable SendRequest post(
            long id, Opcode opcode, List<LocalSpan> from, int key, long address, boolean invalidates) {
        queue.checkOwner();
        if (state == State.IDLE) {
            throw new IllegalStateException("not connected");
        }
        if (from.size() > OutgoingSegment.MAX_PARTS) {
            throw new IllegalArgumentException(from.size() + " spans in one request");
        }
        for (LocalSpan span : from) {
            domain.region(span.region());
        }
        if (state == State.CLOSED) {
            queue.complete(this, opcode, id, RdmaStatus.FLUSHED, 0);
            return null;
        }
        var request = transmitter.post();
        request.set(id, opcode, from);
        request.remoteKey = key;
        request.remoteAddress = address;
        request.invalidates = invalidates;
        wantsToSend();
        return request;
    }

    @Override
    public void close() {
        queue.checkOwner();
        end(RdmaStatus.SUCCESS, "closed on this side", null);
    }

    // ---------------------------------------------------------------- what its carrier says

    /** A carrier begins to set the connection up. */
    public void connecting(SocketAddress to) {
        queue.checkOwner();
        if (state != State.IDLE) {
            throw new IllegalStateException("used before");
        }
        state = State.CONNECTING;
        remote = to;
    }

    /** Who is told when there is something to send, and when it is over. */
    public void carrier(Carrier of) {
        carrier = of;
    }

    /** The connection stands: from now on the carrier asks for segments. */
    public void established(ConnectionParameters agreed) {
        state = State.ESTABLISHED;
        transmitter.maxReads(agreed.outboundReads());
        receiver.maxResponses(agreed.inboundReads());
        guarded(() -> events.established(this, agreed));
        wantsToSend();
    }

    /** Asks for the next segment, at most {@code maxBytes} long with its header. */
    public boolean next(OutgoingSegment segment, int maxBytes) {
        return transmitter.next(segment, maxBytes, Integer.MAX_VALUE, 0);
    }

    /**
     * The same, but what is placed by its address and lies in one piece may be longer.
     *
     * @param bulkFrom payload from which it may
     * @param bulkMost payload that it has at most
     */
    public boolean next(OutgoingSegment segment, int maxBytes, int bulkFrom, int bulkMost) {
        return transmitter.next(segment, maxBytes, bulkFrom, bulkMost);
    }

    /** All bytes of a segment are on their way. To be called in the order of {@link #next}. */
    public void sent(OutgoingSegment segment) {
        if (state != State.CLOSED) {
            transmitter.sent(segment);
        }
    }

    /** A segment's header is complete. Checks it; {@link #destination} then says where its payload belongs. */
    public void arriving(DdpHeader header, int payloadBytes) throws TerminateException {
        receiver.arriving(header, payloadBytes);
    }

    /** Where the payload belongs: exactly as long as the payload. */
    public MemorySegment destination() {
        return receiver.destination();
    }

    /** The key under which it is placed, to be entered around each system call; null for what we asked for ourselves. */
    public @Nullable MemoryKey destinationKey() {
        return receiver.destinationKey();
    }

    /**
     * Where the answers to reads will go that come behind the segment that is arriving, in the order in which they come: what is left of
     * the first, then of each whole one.
     *
     * @param into filled from the start
     * @return how many were filled
     */
    public int answersToCome(MemorySegment[] into) {
        return transmitter.answersToCome(into, receiver.arrivingAnswer());
    }

    /** All of the payload is in place, and its checksum is right. */
    public void arrived() throws TerminateException {
        receiver.arrived();
    }

    /** The peer broke a rule: tells it which, and ends. */
    public void refuse(Terminate why) {
        var last = new OutgoingSegment();
        last.reset(RdmapOpcode.TERMINATE, true).untagged(DdpHeader.QUEUE_TERMINATE, 1, 0);
        var text = last.inline();
        boolean aboutFrame = why.layer() == 2;
        why.encode(text, aboutFrame ? null : receiver.current(), receiver.currentBytes());
        text.flip();
        var header = receiver.current();
        String detail = "refused: " + why + (header == null || aboutFrame ? "" : ", " + header);
        end(why.layer() == 2 ? why.status() : RdmaStatus.PROTOCOL, detail, last);
    }

    /** Ends the connection: flushes what is outstanding and tells the user, at the next poll. Repeated calls do nothing. */
    public void end(RdmaStatus status, String detail, @Nullable OutgoingSegment last) {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        transmitter.flush();
        receiver.flush();
        queue.detached(depth);
        device.ended();
        if (carrier != null) {
            carrier.end(last);
        }
        var cause = new ConnectionEvents.Disconnect(status, detail);
        queue.later(() -> guarded(() -> events.disconnected(this, cause)));
    }

    void wantsToSend() {
        if (carrier != null && state == State.ESTABLISHED) {
            carrier.wantsToSend();
        }
    }

    /** A mistake in the user's code ends its connection, not the loop. */
    private void guarded(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("a connection event's receiver failed; the connection is closed", e);
            end(RdmaStatus.SUCCESS, "closed after a failure of its user", null);
        }
    }
}
