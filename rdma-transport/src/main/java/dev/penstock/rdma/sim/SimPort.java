package dev.penstock.rdma.sim;

import dev.penstock.rdma.thunderbolt.FramePort;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * An unreliable connected queue pair of a simulated network. As on the hardware nothing tells a sender what became of a frame, and one that finds no
 * receive posted is counted as a disaster. Of one thread.
 */
final class SimPort implements FramePort, SimNetwork.Timed {
    /** Sends beyond the receives, so that acknowledgements find room beside data. */
    private static final int MORE_SENDS = 8;

    private record Leaving(int slot, int bytes) {}

    private final SimNetwork network;
    private final SimWire wire;
    private final ByteBuffer[] receives;
    private final ByteBuffer[] sends;
    private final ArrayDeque<Integer> posted = new ArrayDeque<>();
    private final ArrayDeque<Integer> sent = new ArrayDeque<>();
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();

    SimPort(SimNetwork network, SimHost host, int depth) {
        this.network = network;
        receives = new ByteBuffer[depth];
        sends = new ByteBuffer[depth + MORE_SENDS];
        Arrays.setAll(receives, i -> ByteBuffer.allocate(FRAME));
        Arrays.setAll(sends, i -> ByteBuffer.allocate(FRAME));
        wire = new SimWire(network, host, this);
    }

    @Override
    public byte[] address() {
        return wire.address();
    }

    @Override
    public void connect(byte[] to) throws IOException {
        wire.connect(to);
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
        if (!wire.isConnected() || posted.contains(slot)) {
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
            sent.add(frame.slot);
            wire.send(sends[frame.slot].duplicate().clear().limit(frame.bytes));
        }
    }

    @Override
    public long nextEvent() {
        return wire.nextEvent(!sent.isEmpty());
    }

    @Override
    public boolean poll(Completions into) {
        boolean any = false;
        for (Integer slot = sent.poll(); slot != null; slot = sent.poll()) {
            into.sent(slot);
            any = true;
        }
        for (var bytes = wire.seen(); bytes != null; bytes = wire.seen()) {
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
        wire.close();
    }
}
