package dev.penstock.rdma.sim;

import dev.penstock.rdma.thunderbolt.FramePort;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * One end of an unreliable connection of a simulated network: a message is lost with any of its frames, and may come damaged, twice or late. Nothing
 * tells the sender. Of one thread.
 */
final class SimWire {
    private record Flying(long arrival, long sequence, ByteBuffer bytes) {}

    private final SimNetwork network;
    private final SimHost host;
    private final SimNetwork.Timed port;
    private final int number;
    private final PriorityQueue<Flying> inbox =
            new PriorityQueue<>(Comparator.comparingLong(Flying::arrival).thenComparingLong(Flying::sequence));
    private @Nullable Integer peer;
    private long lastArrival;

    /** An end that a port has until it closes it. */
    SimWire(SimNetwork network, SimHost host, SimNetwork.Timed port) {
        this.network = network;
        this.host = host;
        this.port = port;
        number = network.add(this);
    }

    SimNetwork.Timed port() {
        return port;
    }

    byte[] address() {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    void connect(byte[] to) throws IOException {
        if (to.length != 4) {
            throw new IOException("not an address of a simulated port");
        }
        peer = ByteBuffer.wrap(to).getInt();
    }

    boolean isConnected() {
        return peer != null;
    }

    /** Sends a copy. */
    void send(ByteBuffer message) {
        var to = network.wire(Objects.requireNonNull(peer));
        if (to == null || !network.sends(host) || !network.passes(host, to.host)) {
            return;
        }
        var faults = network.faults();
        byte[] bytes = new byte[message.remaining()];
        for (int at = 0; at < bytes.length; at += FramePort.FRAME) {
            if (network.chance(faults.loss())) {
                network.countLost();
                return;
            }
        }
        message.get(bytes);
        if (network.chance(faults.damage())) {
            network.countLost();
            bytes[network.number(bytes.length)] ^= (byte) (1 << network.number(8));
        }
        deliver(to, bytes);
        if (network.chance(faults.duplication())) {
            deliver(to, bytes);
        }
    }

    private void deliver(SimWire to, byte[] bytes) {
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

    /** When the port's owner sees the next message, or at once where it has anything else to see. */
    long nextEvent(boolean anythingElse) {
        if (anythingElse) {
            return host.seen(network.nanoTime());
        }
        var first = inbox.peek();
        return host.seen(first == null ? Long.MAX_VALUE : first.arrival);
    }

    /** The next message that has arrived, whether anybody looks or not; null where there is none. */
    @Nullable
    ByteBuffer arrived() {
        var first = inbox.peek();
        return first == null || first.arrival > network.nanoTime() ? null : inbox.remove().bytes;
    }

    /** The next message that has arrived and that the port's owner sees; null where there is none. */
    @Nullable
    ByteBuffer seen() {
        return host.runs(network.nanoTime()) ? arrived() : null;
    }

    void close() {
        network.remove(number);
    }
}
