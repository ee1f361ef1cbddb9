package dev.penstock.rdma.sim;

import dev.penstock.rdma.thunderbolt.BulkPort;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A pair for long messages on a simulated network. A message of which one frame is lost is lost; one that is longer than the receive that it meets
 * breaks the pair. Of one thread.
 */
final class SimBulkPort implements BulkPort, SimNetwork.Timed {
    private record Posted(int piece, MemorySegment memory) {}

    /** Nothing to be given back: what is registered stays so. */
    private static final Pinned PINNED = () -> {};

    private final SimFabric fabric;
    private final SimWire wire;
    private final int depth;
    private final ArrayDeque<Posted> receives = new ArrayDeque<>();
    private final ArrayDeque<Posted> sends = new ArrayDeque<>();
    private final ArrayDeque<Integer> sent = new ArrayDeque<>();
    private boolean broken;

    SimBulkPort(SimFabric fabric, int depth) {
        this.fabric = fabric;
        this.depth = depth;
        this.wire = new SimWire(fabric.network(), fabric.host(), this);
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
        if (!wire.isConnected() || receives.size() == depth) {
            throw new IllegalStateException("piece " + piece);
        }
        receives.add(new Posted(piece, into));
    }

    @Override
    public void send(int piece, Pinned of, MemorySegment from) {
        if (!wire.isConnected() || sends.size() + sent.size() >= depth) {
            throw new IllegalStateException("piece " + piece);
        }
        sends.add(new Posted(piece, from));
    }

    @Override
    public void flush() {
        for (Posted message = sends.poll(); message != null; message = sends.poll()) {
            sent.add(message.piece);
            if (!broken) {
                wire.send(message.memory.asByteBuffer());
            }
        }
    }

    @Override
    public long nextEvent() {
        dropUnexpected();
        return wire.nextEvent(!sent.isEmpty());
    }

    /** What came while no receive was posted is gone. */
    private void dropUnexpected() {
        if (receives.isEmpty()) {
            for (var gone = wire.arrived(); gone != null; gone = wire.arrived()) {}
        }
    }

    @Override
    public boolean poll(Completions into) {
        boolean any = false;
        for (Integer piece = sent.poll(); piece != null; piece = sent.poll()) {
            into.sent(piece);
            any = true;
        }
        for (var bytes = wire.seen(); bytes != null; bytes = wire.seen()) {
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
        wire.close();
    }
}
