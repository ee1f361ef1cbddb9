package dev.penstock.rdma.thunderbolt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Two ends under virtual time: nothing is lost, doubled, out of order or damaged, and no frame ever meets a receive that is not there. */
class ReliableFramesTest {
    private static final long SEED = Long.getLong("penstock.seed", 20261123);

    /** Sends numbered payloads of lengths that a seed gives, and checks those that come. */
    private static final class End implements ReliableFrames.User {
        final Random lengths;
        final Random expected;
        final long toSend;
        final long toCome;
        long sent;
        long came;

        End(long sendSeed, long receiveSeed, long toSend, long toCome) {
            lengths = new Random(sendSeed);
            expected = new Random(receiveSeed);
            this.toSend = toSend;
            this.toCome = toCome;
        }

        @Override
        public boolean next(ByteBuffer into) {
            if (sent == toSend) {
                return false;
            }
            fill(lengths, sent++, into);
            return true;
        }

        private static void fill(Random random, long number, ByteBuffer into) {
            int bytes = 8 + random.nextInt(FrameHeader.MAX_PAYLOAD - 7);
            into.putLong(number);
            while (bytes > 16) {
                into.putLong(random.nextLong());
                bytes -= 512;
            }
        }

        @Override
        public boolean arrived(ByteBuffer payload, boolean again) {
            var should = ByteBuffer.allocate(FrameHeader.MAX_PAYLOAD);
            fill(expected, came, should);
            assertThat(payload).as("payload " + came).isEqualTo(should.flip());
            came++;
            return true;
        }

        boolean done() {
            return sent == toSend && came == toCome;
        }
    }

    private long now = 1;
    private PipedPorts fabric;
    private PipedPorts.Port portB;
    private ReliableFrames a;
    private ReliableFrames b;
    private End endA;
    private End endB;

    private void connect(PipedPorts.Faults faults, int depth, long seed, long fromA, long fromB) throws Exception {
        fabric = new PipedPorts(() -> now, 5_000, faults, depth, seed);
        var portA = fabric.port();
        portB = fabric.port();
        portA.connect(portB.address());
        portB.connect(portA.address());
        endA = new End(seed, seed + 1, fromA, fromB);
        endB = new End(seed + 1, seed, fromB, fromA);
        a = new ReliableFrames(portA, 7, depth, endA, now);
        b = new ReliableFrames(portB, 7, depth, endB, now);
    }

    private void run(long limitNanos) {
        long end = now + limitNanos;
        while (!(endA.done() && endB.done() && a.drained() && b.drained()) && now < end) {
            boolean moved = a.progress(now) | b.progress(now);
            now += moved ? 500 : 2_000;
        }
    }

    @Test
    void everythingArrivesOnceAndInOrderWhateverIsLost() throws Exception {
        for (int i = 0; i < 40; i++) {
            long seed = SEED + i;
            double loss = new double[] {0, 0.0001, 0.001, 0.01, 0.1}[i % 5];
            var faults = new PipedPorts.Faults(loss, i % 3 == 0 ? loss : 0, i % 2 == 0 ? loss / 2 : 0);
            int depth = new int[] {32, 60, 256}[i % 3];
            connect(faults, depth, seed, 3000, i % 4 == 0 ? 0 : 2000);
            run(TimeUnit.SECONDS.toNanos(60));
            assertThat(endA.done() && endB.done())
                    .as(
                            "seed %d %s depth %d: %s %s, came %d %d",
                            seed, faults, depth, a.failure(), b.failure(), endA.came, endB.came)
                    .isTrue();
            assertThat(fabric.overruns).as("seed " + seed).hasValue(0);
        }
    }

    @Test
    void aLinkWithoutLossNeverSeesARepair() throws Exception {
        connect(PipedPorts.Faults.NONE, 256, SEED, 50_000, 20_000);
        run(TimeUnit.SECONDS.toNanos(60));
        assertThat(endA.done() && endB.done()).isTrue();
        assertThat(a.counters().repaired() + b.counters().repaired()).isZero();
        assertThat(a.counters().probes() + b.counters().probes()).isZero();
        assertThat(fabric.overruns).hasValue(0);
    }

    @Test
    void onlyWhatWasLostIsSentAgain() throws Exception {
        connect(new PipedPorts.Faults(0.01, 0, 0), 256, SEED, 50_000, 0);
        run(TimeUnit.SECONDS.toNanos(60));
        assertThat(endB.done()).isTrue();
        assertThat(a.counters().repaired()).isBetween(fabric.lost.get() / 2L, (long) fabric.lost.get());
    }

    @Test
    void framesThatAreOnlyLateAreWaitedForOnceSomeWere() throws Exception {
        for (int i = 0; i < 10; i++) {
            double late = i % 2 == 0 ? 0.01 : 0.25;
            connect(new PipedPorts.Faults(0, 0, late), 256, SEED + i, 50_000, 0);
            fabric.lateness = 6_000; // a round trip takes some 10,000
            run(TimeUnit.SECONDS.toNanos(60));
            assertThat(endB.done()).isTrue();
            assertThat(a.counters().repaired()).as("seed " + (SEED + i)).isLessThan((long) (late * 50_000 / 2));
            assertThat(fabric.overruns).hasValue(0);
        }
    }

    @Test
    void framesThatAreVeryLateDoNotStopTheOthers() throws Exception {
        connect(new PipedPorts.Faults(0, 0, 0.01), 256, SEED, 50_000, 0);
        fabric.lateness = 1_000_000;
        long start = now;
        run(TimeUnit.SECONDS.toNanos(60));
        assertThat(endB.done()).isTrue();
        // 500 of them: waited for, they would take half a second.
        assertThat(now - start).isLessThan(TimeUnit.MILLISECONDS.toNanos(50));
        assertThat(fabric.overruns).hasValue(0);
    }

    @Test
    void whatIsLostIsSentAgainAlsoWhereOthersAreLate() throws Exception {
        connect(new PipedPorts.Faults(0.01, 0, 0.05), 256, SEED, 50_000, 0);
        fabric.lateness = 6_000;
        run(TimeUnit.SECONDS.toNanos(60));
        assertThat(endB.done()).isTrue();
        assertThat(a.counters().repaired()).isBetween(fabric.lost.get() / 2L, fabric.lost.get() + 200L);
    }

    @Test
    void aStalledPeerCostsQuestionsButNoReceive() throws Exception {
        connect(PipedPorts.Faults.NONE, 60, SEED, 5000, 0);
        for (int stall = 0; stall < 20; stall++) {
            for (int i = 0; i < 200; i++) {
                a.progress(now);
                b.progress(now);
                now += 1000;
            }
            for (int i = 0; i < 300; i++) {
                a.progress(now);
                now += 1_000_000;
            }
        }
        run(TimeUnit.SECONDS.toNanos(10));
        assertThat(endB.done())
                .as("%s %s %d", a.failure(), b.failure(), endB.came)
                .isTrue();
        assertThat(fabric.overruns).hasValue(0);
        assertThat(a.counters().repaired()).isZero();
    }

    @Test
    void aCutCableIsNoticedWithinASecondAlsoByAnIdleLink() throws Exception {
        connect(PipedPorts.Faults.NONE, 60, SEED, 10, 0);
        run(TimeUnit.SECONDS.toNanos(1));
        fabric.cut = true;
        long cutAt = now;
        while (a.failure() == null || b.failure() == null) {
            a.progress(now);
            b.progress(now);
            now += 100_000;
            assertThat(now - cutAt).isLessThan(TimeUnit.MILLISECONDS.toNanos(1000));
        }
        assertThat(a.failure()).contains("no answer");
    }

    @Test
    void framesOfAnotherConnectionAndLiesAboutWhatCameAreNotTaken() throws Exception {
        connect(PipedPorts.Faults.NONE, 60, SEED, 1, 0);
        var header = new FrameHeader();
        var frame = portB.sendFrame(40);
        header.kind = FrameHeader.ACKNOWLEDGEMENT;
        header.connection = 8;
        header.expected = 5;
        header.encode(frame);
        portB.send(40, FrameHeader.BYTES);
        portB.flush();
        now += 10_000;
        a.progress(now);
        assertThat(a.failure()).isNull();
        assertThat(a.counters().received()).isZero();
        assertThat(header.decode(frame, FrameHeader.BYTES)).isTrue();
        assertThat(header.decode(frame, FrameHeader.BYTES + 1)).isFalse();
        frame.put(20, (byte) 99);
        assertThat(header.decode(frame, FrameHeader.BYTES)).isFalse();
        var outgoing = new Outgoing(32, 60);
        header.highest = 3;
        assertThat(outgoing.learn(header, now)).isFalse();
    }
}
