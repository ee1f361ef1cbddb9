package dev.penstock.rdma.sim;

import dev.penstock.rdma.thunderbolt.BulkPort;
import dev.penstock.rdma.thunderbolt.FramePort;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A pair for long messages on a simulated network. A message of which one frame is lost is lost; one that is longer than the receive that it meets
 * breaks the pair. Of one thread.
 */
final class SimBulkPort implements BulkPort, SimNetwork.Timed {
    private record Posted(int piece, MemorySegment memory) {}

    private record Flying(long arrival, long sequence, ByteBuffer bytes) {}

    /** Nothing to be given back: what is registered stays so. */
    private static final Pinned PINNED = () -> {};

    private final SimFabric fabric;
    private final SimNetwork network;
    private final SimHost host;
    private final int number;
    private final int depth;
    private final ArrayDeque<Posted> receives = new ArrayDeque<>();
    private final ArrayDeque<Posted> sends = new ArrayDeque<>();
    private final ArrayDeque<Integer> sent = new ArrayDeque<>();
    private final PriorityQueue<Flying> inbox =
            new PriorityQueue<>(Comparator.comparingLong(Flying::arrival).thenComparingLong(Flying::sequence));
    private @Nullable Integer peer;
    private long lastArrival;
    private boolean broken;

    SimBulkPort(SimFabric fabric, int depth) {
        this.fabric = fabric;
        this.network = fabric.network();
        this.host = fabric.host();
        this.depth = depth;
        this.number = network.add(this);
    }

    @Override
    public byte[] address() {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    @Override
    public void connect(byte[] to) throws IOException {
        if (to.length != 4) {
            throw new IOException("not an address of a simulated port");
        }
        peer = ByteBuffer.wrap(to).getInt();
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public @Nullable Pinned pin(MemorySegment memory) {
        return fabric.isRegistered(memory) ? PINNED : null;
    }

    @Override
    public void receive(int piece, Pinned of, MemorySegment into) {
        dropUnexpected();
        if (peer == null || receives.size() == depth) {
            throw new IllegalStateException("piece " + piece);
        }
        receives.add(new Posted(piece, into));
    }

    @Override
    public void send(int piece, Pinned of, MemorySegment from) {
        if (peer == null || sends.size() + sent.size() >= depth) {
            throw new IllegalStateException("piece " + piece);
        }
        sends.add(new Posted(piece, from));
    }

    @Override
    public void flush() {
        for (Posted message = sends.poll(); message != null; message = sends.poll()) {
            sent.add(message.piece);
            leave(message.memory.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private void leave(byte[] bytes) {
        var to = network.bulkPort(java.util.Objects.requireNonNull(peer));
        if (to == null || broken || !network.sends(host) || !network.passes(host, to.host)) {
            return;
        }
        var faults = network.faults();
        for (int at = 0; at < bytes.length; at += FramePort.FRAME) {
            if (network.chance(faults.loss())) {
                network.countLost();
                return;
            }
        }
        if (network.chance(faults.damage())) {
            network.countLost();
            bytes[network.number(bytes.length)] ^= (byte) (1 << network.number(8));
        }
        deliver(to, bytes);
        if (network.chance(faults.duplication())) {
            deliver(to, bytes);
        }
    }

    private void deliver(SimBulkPort to, byte[] bytes) {
        var faults = network.faults();
        long arrival = network.nanoTime() + network.travelNanos();
        if (network.chance(faults.reordering())) {
            arrival += 3 * faults.latency().toNanos();
        } else {
            arrival = Math.max(arrival, lastArrival + faults.receiverDelay().toNanos());
            lastArrival = arrival;
        }
        to.inbox.add(new Flying(arrival, network.nextSequence(), ByteBuffer.wrap(bytes)));
    }

    @Override
    public long nextEvent() {
        if (!sent.isEmpty()) {
            return host.seen(network.nanoTime());
        }
        dropUnexpected();
        var first = inbox.peek();
        return host.seen(first == null ? Long.MAX_VALUE : first.arrival);
    }

    /** What came while no receive was posted is gone. */
    private void dropUnexpected() {
        while (receives.isEmpty() && !inbox.isEmpty() && inbox.peek().arrival <= network.nanoTime()) {
            inbox.remove();
        }
    }

    @Override
    public boolean poll(Completions into) {
        boolean any = false;
        for (Integer piece = sent.poll(); piece != null; piece = sent.poll()) {
            into.sent(piece);
            any = true;
        }
        while (host.runs(network.nanoTime()) && !inbox.isEmpty() && inbox.peek().arrival <= network.nanoTime()) {
            ByteBuffer bytes = inbox.remove().bytes;
            var receive = receives.poll();
            if (receive == null || broken) {
                continue; // nobody hears of it
            }
            any = true;
            if (bytes.remaining() > receive.memory.byteSize()) {
                broken = true;
                receives.clear();
                into.broken();
                return true;
            }
            MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, receive.memory, 0, bytes.remaining());
            into.received(receive.piece, bytes.remaining());
        }
        return any;
    }

    @Override
    public void close() {
        receives.clear();
        sends.clear();
        inbox.clear();
        network.removeBulk(number);
    }
}
