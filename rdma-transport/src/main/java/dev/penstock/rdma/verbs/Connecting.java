package dev.penstock.rdma.verbs;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One queue pair's dealings with the connection manager, from the first address to the end. Of the owner's thread. */
final class Connecting implements VerbsQueue.Endpoint {
    /** For each of the steps towards the peer; the whole has a limit of its own. */
    private static final int STEP_MILLIS = 5000;

    /** IB_CM_REJ_INVALID_SERVICE_ID: nobody listens. */
    private static final int REJECT_NOBODY_LISTENS = 8;

    /** The pair that is being connected. */
    interface Pair {
        VerbsQueue queue();

        void create(MemorySegment id) throws RdmaException;

        void established(ConnectionParameters agreed);

        void end(RdmaStatus status, String detail);
    }

    private final Pair pair;
    private final boolean active;
    private final ConnectionParameters wanted;
    private final long deadline;
    private @Nullable MemorySegment id;

    private Connecting(Pair pair, boolean active, ConnectionParameters wanted, long deadline) {
        this.pair = pair;
        this.active = active;
        this.wanted = wanted;
        this.deadline = deadline;
    }

    static Connecting active(Pair pair, InetSocketAddress to, ConnectionParameters parameters, Duration timeout) {
        var connecting = new Connecting(pair, true, parameters, System.nanoTime() + timeout.toNanos());
        try {
            MemorySegment id = ConnectionManager.createId(pair.queue().connections());
            connecting.id = id;
            pair.queue().attach(id, connecting);
            ConnectionManager.resolveAddress(id, to, STEP_MILLIS);
        } catch (RdmaException e) {
            pair.queue().later(() -> pair.end(RdmaStatus.UNREACHABLE, String.valueOf(e.getMessage())));
        }
        return connecting;
    }

    /** Takes an identifier that came with a request; {@code answer} is what both sides can do. */
    static Connecting passive(Pair pair, MemorySegment id, ConnectionParameters answer, byte[] offered) {
        var agreed = new ConnectionParameters(answer.inboundReads(), answer.outboundReads(), offered);
        var connecting = new Connecting(
                pair,
                false,
                agreed,
                System.nanoTime() + Duration.ofMillis(STEP_MILLIS).toNanos());
        connecting.id = id;
        pair.queue().attach(id, connecting);
        try {
            pair.create(id);
            ConnectionManager.accept(id, answer);
        } catch (RdmaException e) {
            pair.queue().later(() -> pair.end(e.status(), "on accepting: " + e.getMessage()));
        }
        return connecting;
    }

    /** Whether messages may come before the connection manager has said that the connection stands. */
    boolean mayHear() {
        return !active;
    }

    /** What an accepting side has agreed to. */
    ConnectionParameters agreed() {
        return wanted;
    }

    @Override
    public void event(ConnectionManager.Event event) {
        try {
            switch (event.kind()) {
                case ADDR_RESOLVED -> addressResolved(event.id());
                case ROUTE_RESOLVED -> ConnectionManager.connect(event.id(), wanted);
                case ESTABLISHED -> pair.established(active ? agreed(event.parameters()) : wanted);
                case DISCONNECTED -> pair.end(RdmaStatus.DISCONNECTED, "closed by the peer");
                case ADDR_ERROR, ROUTE_ERROR ->
                    pair.end(RdmaStatus.UNREACHABLE, "no way to the address: " + event.status());
                case UNREACHABLE, CONNECT_ERROR ->
                    pair.end(
                            -event.status() == Native.ECONNREFUSED ? RdmaStatus.UNREACHABLE : RdmaStatus.TIMEOUT,
                            "no connection: " + event.status());
                case REJECTED -> rejected(event.status());
                case DEVICE_REMOVAL -> pair.end(RdmaStatus.CONNECTION_LOST, "the adapter was removed");
                default -> {}
            }
        } catch (RdmaException e) {
            pair.end(e.status(), String.valueOf(e.getMessage()));
        }
    }

    private void addressResolved(MemorySegment resolved) throws RdmaException {
        if (!pair.queue().device().owns(resolved)) {
            pair.end(
                    RdmaStatus.UNREACHABLE,
                    "the address is not reached by way of "
                            + pair.queue().device().name());
            return;
        }
        pair.create(resolved);
        ConnectionManager.resolveRoute(resolved, STEP_MILLIS);
    }

    private void rejected(int status) {
        boolean nobody = status == REJECT_NOBODY_LISTENS || -status == Native.ECONNREFUSED;
        pair.end(
                nobody ? RdmaStatus.UNREACHABLE : RdmaStatus.REJECTED,
                nobody ? "nobody listens there" : "refused by the peer: " + status);
    }

    /** The peer's answer is in its own terms already turned into ours. */
    private ConnectionParameters agreed(ConnectionParameters answer) {
        return new ConnectionParameters(
                Math.min(wanted.inboundReads(), answer.inboundReads()),
                Math.min(wanted.outboundReads(), answer.outboundReads()),
                answer.privateData());
    }

    void tick(long now) {
        if (now - deadline >= 0) {
            pair.end(RdmaStatus.TIMEOUT, "no connection in time");
        }
    }

    void disconnect() {
        if (id != null) {
            ConnectionManager.disconnect(id);
        }
    }

    /** The identifier goes; its queue pair has gone before. */
    void release() {
        if (id != null) {
            pair.queue().detach(id);
            ConnectionManager.destroyId(id);
            id = null;
        }
    }
}
