package dev.penstock.rdma.thunderbolt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.rdma.Device;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Ports in memory that behave as the hardware does: frames in order, no acknowledgement, and one that finds no receive posted is counted as a
 * disaster. Loses, damages and delays from a seed. The clock is the user's.
 */
public final class PipedPorts implements FrameFabric {
    /** What goes wrong, as shares of the frames. */
    record Faults(double loss, double damage, double late) {
        static final Faults NONE = new Faults(0, 0, 0);
    }

    private record Flying(long due, long number, byte[] bytes) implements Comparable<Flying> {
        @Override
        public int compareTo(Flying other) {
            return due != other.due ? Long.compare(due, other.due) : Long.compare(number, other.number);
        }
    }

    final AtomicInteger overruns = new AtomicInteger();
    final AtomicInteger lost = new AtomicInteger();
    final AtomicInteger open = new AtomicInteger();
    volatile boolean cut;
    /** How late the late ones are; 0: until some frames more have been sent. */
    volatile long lateness;

    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicLong flown = new AtomicLong();
    private final Map<Integer, Port> ports = new ConcurrentHashMap<>();
    private final LongSupplier clock;
    private final long latency;
    private final Faults faults;
    private final int depth;
    private final long seed;

    PipedPorts(LongSupplier clock, long latencyNanos, Faults faults, int depth, long seed) {
        this.clock = clock;
        this.latency = latencyNanos;
        this.faults = faults;
        this.depth = depth;
        this.seed = seed;
    }

    @Override
    public String name() {
        return "piped";
    }

    @Override
    public FramePort port(InetSocketAddress local, InetSocketAddress remote) {
        return port();
    }

    Port port() {
        return new Port();
    }

    /** All ports are back, and no frame met a receive that was not there. */
    @Override
    public void close() {
        assertThat(open).hasValue(0);
        assertThat(overruns).hasValue(0);
    }

    /** A device on ports that share the machine's clock. */
    public static Device device(double loss, double damage, double late, int depth, long seed) {
        return new ThunderboltDevice(new PipedPorts(System::nanoTime, 0, new Faults(loss, damage, late), depth, seed));
    }

    final class Port implements FramePort {
        private final int number = numbers.incrementAndGet();
        private final Random random = new Random(seed * 31 + number);
        private final ByteBuffer[] receives = new ByteBuffer[depth];
        private final ByteBuffer[] sends = new ByteBuffer[depth + 8];
        private final ArrayDeque<Integer> posted = new ArrayDeque<>();
        private final ArrayDeque<Integer> sent = new ArrayDeque<>();
        private final ArrayDeque<int[]> leaving = new ArrayDeque<>();
        private final PriorityBlockingQueue<Flying> inbox = new PriorityBlockingQueue<>();
        private final ArrayDeque<Flying> late = new ArrayDeque<>();
        private volatile Port peer;
        private boolean closed;

        Port() {
            java.util.Arrays.setAll(receives, i -> ByteBuffer.allocateDirect(FRAME));
            java.util.Arrays.setAll(sends, i -> ByteBuffer.allocateDirect(FRAME));
            ports.put(number, this);
            open.incrementAndGet();
        }

        @Override
        public byte[] address() {
            return ByteBuffer.allocate(4).putInt(number).array();
        }

        @Override
        public void connect(byte[] to) throws IOException {
            peer = ports.get(ByteBuffer.wrap(to).getInt());
            if (peer == null) {
                throw new IOException("no such port");
            }
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
            leaving.add(new int[] {slot, bytes});
        }

        @Override
        public void flush() {
            for (int[] frame = leaving.poll(); frame != null; frame = leaving.poll()) {
                leave(frame[0], frame[1]);
            }
        }

        private void leave(int slot, int bytes) {
            sent.add(slot);
            if (cut || random.nextDouble() < faults.loss) {
                lost.incrementAndGet();
                return;
            }
            byte[] copy = new byte[bytes];
            sends[slot].duplicate().clear().get(copy);
            if (random.nextDouble() < faults.damage) {
                lost.incrementAndGet();
                copy[random.nextInt(bytes)] ^= (byte) (1 << random.nextInt(8));
            }
            boolean isLate = random.nextDouble() < faults.late;
            long more = isLate ? lateness : 0;
            var flying = new Flying(clock.getAsLong() + latency + more, flown.incrementAndGet(), copy);
            if (isLate && more == 0) {
                late.add(flying);
                return;
            }
            peer.inbox.add(flying);
            if (random.nextInt(3) == 0) {
                peer.inbox.addAll(late);
                late.clear();
            }
        }

        @Override
        public boolean poll(Completions into) {
            boolean any = false;
            for (Integer slot = sent.poll(); slot != null; slot = sent.poll()) {
                into.sent(slot);
                any = true;
            }
            while (!inbox.isEmpty() && inbox.peek().due - clock.getAsLong() <= 0) {
                byte[] bytes = inbox.remove().bytes;
                Integer slot = posted.poll();
                if (slot == null) {
                    overruns.incrementAndGet();
                    continue;
                }
                receives[slot].duplicate().clear().put(bytes);
                into.received(slot, bytes.length);
                any = true;
            }
            return any;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                ports.remove(number);
                open.decrementAndGet();
            }
        }
    }
}
