package dev.penstock.rdma.sim;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.Carrier;
import dev.penstock.rdma.rdmap.DdpHeader;
import dev.penstock.rdma.rdmap.MemoryKey;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.Terminate;
import dev.penstock.rdma.rdmap.TerminateException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One end of a simulated connection. Of the queue's owner; what is meant for the other end goes into that one's inbox. */
final class SimLink implements Carrier {
    /** Header and payload of a segment: as on iWARP between two of ours, so that the same sizes are cut. */
    private static final int MAX_SEGMENT = 65_526;

    /** Segments on their way in one direction: 4 MiB, as in the buffers of a socket. */
    private static final int WINDOW = 64;

    private final SimNetwork network;
    private final SimQueue queue;
    private final SoftQueuePair pair;
    private final OutgoingSegment segment = new OutgoingSegment();
    private final DdpHeader header = new DdpHeader();
    private @Nullable SimLink peer;
    private @Nullable Object timer;
    private boolean isDirty;
    private boolean ended;
    private int onTheWay;
    private long lastArrival;
    private long sent;

    SimLink(SimNetwork network, SimQueue queue, SoftQueuePair pair) {
        this.network = network;
        this.queue = queue;
        this.pair = pair;
    }

    SoftQueuePair pair() {
        return pair;
    }

    /** The time limit of the connection's set-up. */
    void timer(Object event) {
        timer = event;
    }

    private void stopTimer() {
        if (timer != null) {
            queue.cancel(timer);
            timer = null;
        }
    }

    void join(SimLink other) {
        peer = other;
        network.add(this);
    }

    /** Has this end's owner do something after one trip through the network. */
    void after(Runnable action) {
        queue.at(network.nanoTime() + network.travelNanos(), action);
    }

    /** The listener's side has agreed. */
    void accepted(SimLink by, ConnectionParameters agreed) {
        peer = by;
        stopTimer();
        if (ended) {
            by.after(() -> by.pair.end(RdmaStatus.DISCONNECTED, "closed by the peer", null));
        } else {
            pair.established(agreed);
        }
    }

    @Override
    public void wantsToSend() {
        if (!isDirty) {
            isDirty = true;
            queue.dirty(this);
        }
    }

    void transmit() {
        isDirty = false;
        var to = peer;
        if (to == null || queue.host().gone()) {
            return;
        }
        while (!ended && onTheWay < WINDOW && pair.next(segment, MAX_SEGMENT)) {
            byte[] bytes = copy(segment);
            if (bytes == null) {
                pair.end(RdmaStatus.PROTOCOL, "a window was closed while the peer read it", null);
                return;
            }
            pair.sent(segment);
            onTheWay++;
            sent++;
            if (!network.sends(queue.host())) {
                return;
            }
            long limit = network.faults().cutAfterSegments();
            if (limit > 0 && sent + to.sent >= limit) {
                cut();
                return;
            }
            carry(to, bytes);
        }
    }

    private void carry(SimLink to, byte[] bytes) {
        var faults = network.faults();
        if (!network.chance(faults.loss())) {
            deliver(to, bytes);
        } else {
            after(this::taken);
        }
        if (network.chance(faults.duplication())) {
            deliver(to, bytes);
        }
    }

    private void deliver(SimLink to, byte[] bytes) {
        long arrival = network.nanoTime() + network.travelNanos();
        if (network.chance(network.faults().reordering())) {
            arrival += 3 * network.faults().latency().toNanos();
        } else {
            arrival = Math.max(
                    arrival, lastArrival + network.faults().receiverDelay().toNanos());
            lastArrival = arrival;
        }
        to.queue.at(arrival, () -> {
            to.receive(bytes);
            after(this::taken);
        });
    }

    private void taken() {
        onTheWay--;
        if (!ended) {
            wantsToSend();
        }
    }

    private static byte @Nullable [] copy(OutgoingSegment from) {
        MemoryKey guard = from.guard();
        if (guard != null && !guard.enter()) {
            return null;
        }
        try {
            var out = ByteBuffer.allocate(from.bytes());
            from.encodeHeader(out);
            for (int i = 0; i < from.parts(); i++) {
                out.put(from.part(i).asByteBuffer());
            }
            return out.array();
        } finally {
            if (guard != null) {
                guard.leave();
            }
        }
    }

    private void receive(byte[] bytes) {
        if (pair.state() != QueuePair.State.ESTABLISHED) {
            return;
        }
        var in = ByteBuffer.wrap(bytes);
        try {
            header.decode(in);
            pair.arriving(header, in.remaining());
            MemoryKey key = pair.destinationKey();
            if (key != null && !key.enter()) {
                throw new TerminateException(Terminate.WRITE_KEY_CLOSED);
            }
            try {
                int n = (int) pair.destination().byteSize();
                MemorySegment.copy(MemorySegment.ofArray(bytes), in.position(), pair.destination(), 0, n);
            } finally {
                if (key != null) {
                    key.leave();
                }
            }
            pair.arrived();
        } catch (TerminateException e) {
            pair.refuse(e.terminate());
        }
    }

    /** The cable is out: both ends are told. */
    void cut() {
        if (ended) {
            return;
        }
        var to = peer;
        network.remove(this);
        ended = true;
        if (to != null) {
            to.after(() -> to.lose());
        }
        lose();
    }

    private void lose() {
        ended = true;
        pair.end(RdmaStatus.CONNECTION_LOST, "the link was cut", null);
    }

    /** A machine is gone. The end at the other one hears of it later, where it does at all. */
    void vanished(SimHost host) {
        var noticed = network.faults().machines().noticed();
        for (SimLink left : peer == null ? List.<SimLink>of() : List.of(this, peer)) {
            boolean concerned = left.peer != null && left.peer.queue.host().equals(host);
            if (concerned && noticed.isPositive()) {
                left.queue.at(network.nanoTime() + noticed.toNanos(), left::fallenSilent);
            }
        }
    }

    private void fallenSilent() {
        if (!ended) {
            ended = true;
            network.remove(this);
            pair.end(RdmaStatus.CONNECTION_LOST, "nothing was heard of the peer", null);
        }
    }

    @Override
    public void end(@Nullable OutgoingSegment last) {
        stopTimer();
        var to = peer;
        network.remove(this);
        if (ended || to == null || queue.host().gone()) {
            ended = true;
            return;
        }
        ended = true;
        byte[] bytes = last == null ? null : copy(last);
        long arrival = Math.max(network.nanoTime() + network.travelNanos(), lastArrival);
        to.queue.at(arrival, () -> {
            if (bytes != null) {
                to.receive(bytes);
            }
            to.pair.end(RdmaStatus.DISCONNECTED, "closed by the peer", null);
        });
    }
}
