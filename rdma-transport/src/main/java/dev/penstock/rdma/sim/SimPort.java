package dev.penstock.rdma.sim;

import dev.penstock.rdma.thunderbolt.FramePort;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * An unreliable connected queue pair of a simulated network. As on the hardware nothing tells a sender what became of a frame, and one that finds no
 * receive posted is counted as a disaster. Of one thread.
 */
final class SimPort implements FramePort, SimNetwork.Timed {
    /** Sends beyond the receives, so that acknowledgements find room beside data. */
    private static final int MORE_SENDS = 8;

    private record Leaving(int slot, int bytes) {}

    private record Flying(long arrival, long sequence, ByteBuffer bytes) {}

    private final SimNetwork network;
    private final SimHost host;
    private final int number;
    private final ByteBuffer[] receives;
    private final ByteBuffer[] sends;
    private final ArrayDeque<Integer> posted = new ArrayDeque<>();
    private final ArrayDeque<Integer> sent = new ArrayDeque<>();
    private final PriorityQueue<Flying> inbox =
            new PriorityQueue<>(Comparator.comparingLong(Flying::arrival).thenComparingLong(Flying::sequence));
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();
    private @Nullable Integer peer;
    private long lastArrival;

    SimPort(SimNetwork network, SimHost host, int depth) {
        this.network = network;
        this.host = host;
        receives = new ByteBuffer[depth];
        sends = new ByteBuffer[depth + MORE_SENDS];
        Arrays.setAll(receives, i -> ByteBuffer.allocate(FRAME));
        Arrays.setAll(sends, i -> ByteBuffer.allocate(FRAME));
        number = network.add(this);
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
    public int receives() {
        return receives.length;
    }

    @Override
    public int sends() {
        return sends.length;
    }

    @Override
    public ByteBuffer receiveFrame(int slot) {
        return receives[slot];
    }

    @Override
    public ByteBuffer sendFrame(int slot) {
        return sends[slot];
    }

    @Override
    public void postReceive(int slot) {
        if (peer == null || posted.contains(slot)) {
            throw new IllegalStateException("slot " + slot);
        }
        posted.add(slot);
    }

    @Override
    public void send(int slot, int bytes) {
        leaving.add(new Leaving(slot, bytes));
    }

    @Override
    public void flush() {
        for (Leaving frame = leaving.poll(); frame != null; frame = leaving.poll()) {
            leave(frame.slot, frame.bytes);
        }
    }

    private void leave(int slot, int bytes) {
        sent.add(slot);
        var to = network.port(java.util.Objects.requireNonNull(peer));
        if (to == null || !network.sends(host) || !network.passes(host, to.host)) {
            return;
        }
        var faults = network.faults();
        if (network.chance(faults.loss())) {
            network.countLost();
            return;
        }
        byte[] copy = new byte[bytes];
        sends[slot].duplicate().clear().get(copy);
        if (network.chance(faults.damage())) {
            network.countLost();
            copy[network.number(bytes)] ^= (byte) (1 << network.number(8));
        }
        deliver(to, copy);
        if (network.chance(faults.duplication())) {
            deliver(to, copy);
        }
    }

    private void deliver(SimPort to, byte[] bytes) {
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
        var first = inbox.peek();
        return host.seen(first == null ? Long.MAX_VALUE : first.arrival);
    }

    @Override
    public boolean poll(Completions into) {
        boolean any = false;
        for (Integer slot = sent.poll(); slot != null; slot = sent.poll()) {
            into.sent(slot);
            any = true;
        }
        while (host.runs(network.nanoTime()) && !inbox.isEmpty() && inbox.peek().arrival <= network.nanoTime()) {
            ByteBuffer bytes = inbox.remove().bytes;
            Integer slot = posted.poll();
            if (slot == null) {
                network.countOverrun();
                continue;
            }
            receives[slot].duplicate().clear().put(bytes.duplicate());
            into.received(slot, bytes.remaining());
            any = true;
        }
        return any;
    }

    @Override
    public void close() {
        network.remove(number);
    }
}
