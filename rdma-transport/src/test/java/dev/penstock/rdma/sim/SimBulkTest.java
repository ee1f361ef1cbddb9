package dev.penstock.rdma.sim;

import static dev.penstock.rdma.WorkCompletion.Opcode.READ;
import static dev.penstock.rdma.WorkCompletion.Opcode.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.rdma.Access;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.TestEnds;
import dev.penstock.rdma.TestEnds.End;
import dev.penstock.rdma.thunderbolt.FrameCounters;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Long transfers over unreliable connections, past the frames, in virtual time: into their place and nowhere else, whatever the network does. */
class SimBulkTest {
    private static final long SEED = Long.getLong("penstock.seed", 20261124);
    private static final int MIB = 1 << 20;
    private static final int SLOT = 2 * MIB;

    /** What is read and written; behind it is what is written to. */
    private static final int HALF = 8 * MIB;

    private static final FaultPlan CABLE = FaultPlan.delay(Duration.ofNanos(5_000), Duration.ofNanos(1_000));

    private static final int TURNS = 80;

    private final Random random = new Random(SEED);

    /** One end with what its memory should hold. */
    private record Side(End end, byte[] model) {
        static Side of(End end, Random random) {
            byte[] model = new byte[2 * HALF];
            random.nextBytes(model);
            MemorySegment.copy(model, 0, end.memory, ValueLayout.JAVA_BYTE, 0, model.length);
            return new Side(end, model);
        }

        void check(String what) {
            assertThat(end.memory.mismatch(MemorySegment.ofArray(model)))
                    .as(what)
                    .isEqualTo(-1);
        }
    }

    /** In both directions at once, two writes and two reads each, into places of their own. */
    private void batch(TestEnds ends, Side client, Side server) {
        client.end.done.clear();
        server.end.done.clear();
        for (int slot = 0; slot < 2; slot++) {
            write(client, server, slot);
            write(server, client, slot);
            read(client, server, slot + 2);
            read(server, client, slot + 2);
        }
        ends.until(() -> done(client) == 4 && done(server) == 4);
    }

    private static long done(Side side) {
        return side.end.count(WRITE) + side.end.count(READ);
    }

    private void write(Side from, Side to, int slot) {
        int bytes = length();
        int at = random.nextInt(HALF - bytes);
        int into = HALF + slot * SLOT + random.nextInt(SLOT - bytes + 1);
        from.end.pair.postWrite(slot, List.of(from.end.span(at, bytes)), to.end.remote(into, bytes));
        System.arraycopy(from.model, at, to.model, into, bytes);
    }

    private void read(Side to, Side from, int slot) {
        int bytes = length();
        int at = random.nextInt(HALF - bytes);
        int into = HALF + slot * SLOT + random.nextInt(SLOT - bytes + 1);
        to.end.pair.postRead(slot, to.end.span(into, bytes), from.end.remote(at, bytes));
        System.arraycopy(from.model, at, to.model, into, bytes);
    }

    private int length() {
        return random.nextInt(4) == 0 ? 1 + random.nextInt(5_000) : 1 + random.nextInt(SLOT);
    }

    private FrameCounters run(FaultPlan faults, int batches) throws IOException {
        long seed = random.nextLong();
        var network = SimNetwork.virtual(seed, faults);
        try (var device = network.thunderbolt(64)) {
            try (var ends = new TestEnds(device, 2 * HALF, 4).established()) {
                var client = Side.of(ends.client, random);
                var server = Side.of(ends.server, random);
                for (int i = 0; i < batches; i++) {
                    batch(ends, client, server);
                    String what = "seed " + SEED + ", " + faults + ", batch " + i;
                    client.check(what);
                    server.check(what);
                }
            }
            assertThat(network.openPorts()).isZero();
            assertThat(device.held()).isEqualTo(new Device.Held(0, 0, 0));
            return device.counters();
        }
    }

    @Test
    void withoutLossEveryPieceIsPlacedAndNoneGoesInFrames() throws IOException {
        var counters = run(CABLE, 20);
        assertThat(counters.placed()).isGreaterThan(500);
        assertThat(counters.fellBack()).isZero();
        assertThat(counters.repaired()).isZero();
    }

    @Test
    void whatIsLostDoubledLateOrDamagedIsFoundAndComesInFrames() throws IOException {
        for (int i = 0; i < 12; i++) {
            double rate = new double[] {0.0002, 0.002, 0.02}[i % 3];
            FaultPlan faults = switch (i % 4) {
                case 0 -> CABLE.unreliable(rate, 0, 0);
                case 1 -> CABLE.unreliable(0, 10 * rate, 0);
                case 2 -> CABLE.unreliable(0, 0, 10 * rate);
                default -> CABLE.unreliable(rate, rate, rate).damaging(10 * rate);
            };
            run(faults, 6);
        }
        assertThat(run(CABLE.unreliable(0.002, 0, 0), 6).fellBack()).isPositive();
        assertThat(run(CABLE.unreliable(0, 0.2, 0), 6).fellBack()).isPositive();
        assertThat(run(CABLE.unreliable(0, 0, 0.2), 6).fellBack()).isPositive();
        assertThat(run(CABLE.damaging(0.1), 6).fellBack()).isPositive();
    }

    @Test
    void aWindowThatIsClosedUnderATransferIsLeftAlone() throws IOException {
        int failed = 0;
        for (int turns = 0; turns < 60; turns++) {
            var network = SimNetwork.virtual(SEED + turns, CABLE.slowReceiver(Duration.ofNanos(20_000)));
            try (var device = network.thunderbolt(64)) {
                try (var ends = new TestEnds(device, 2 * HALF, 4).established()) {
                    failed += closeUnderTransfer(ends, turns) ? 1 : 0;
                }
                assertThat(network.openPorts()).isZero();
                assertThat(device.held()).isEqualTo(new Device.Held(0, 0, 0));
            }
        }
        assertThat(failed).isBetween(10, 55);
    }

    /** The window is closed after so many turns; whether the transfer failed by it. */
    private static boolean closeUnderTransfer(TestEnds ends, int turns) throws IOException {
        boolean write = turns % 2 == 0;
        var of = ends.server;
        var window = of.domain.window(of.region, 0, MIB, EnumSet.of(write ? Access.REMOTE_WRITE : Access.REMOTE_READ));
        ends.client.memory.asSlice(0, MIB).fill((byte) 5);
        if (write) {
            ends.client.pair.postWrite(1, List.of(ends.client.span(0, MIB)), window.span());
        } else {
            ends.client.pair.postRead(1, ends.client.span(0, MIB), window.span());
        }
        for (int i = 0; i < TURNS * turns; i++) {
            ends.client.poll();
            ends.server.poll();
        }
        window.close();
        var end = write ? of : ends.client;
        System.out.println(
                "turns " + turns + " " + ends.client.done + " " + ends.client.disconnect + ends.server.disconnect);
        byte[] then = of.memory.asSlice(0, MIB).toArray(ValueLayout.JAVA_BYTE);
        ends.until(() -> !ends.client.done.isEmpty());
        if (write) {
            assertThat(of.memory.asSlice(0, MIB).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(then);
        }
        var done = ends.client.done.getFirst();
        if (done.status() == RdmaStatus.SUCCESS) {
            assertThat(end.memory.get(ValueLayout.JAVA_BYTE, MIB - 1)).isEqualTo((byte) (write ? 5 : 0));
            return false;
        }
        ends.until(() -> ends.client.disconnect != null && ends.server.disconnect != null);
        return true;
    }
}
