package dev.penstock.rdma.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.TestEnds;
import dev.penstock.rdma.WorkCompletion.Opcode;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the network does wrong is noticed, and the same seed gives the same run. */
class SimFaultTest {
    private static final int MIB = 1 << 20;

    private static TestEnds ends(SimNetwork network) throws IOException {
        return new TestEnds(network.device(), 4 * MIB, 4).established();
    }

    @Test
    void aCutConnectionFlushesBothEndsAtAnyPoint() throws IOException {
        for (int cut = 1; cut < 60; cut++) {
            var ends = ends(SimNetwork.virtual(cut, FaultPlan.NONE.cutAfter(cut)));
            ends.server.pair.postReceive(1, ends.server.span(0, MIB));
            ends.client.pair.postWrite(2, List.of(ends.client.span(0, 2 * MIB)), ends.server.remote(0, 2 * MIB));
            ends.client.pair.postRead(3, ends.client.span(0, 2 * MIB), ends.server.remote(0, 2 * MIB));
            ends.client.pair.postSend(4, List.of(ends.client.span(0, MIB)));
            ends.until(() -> ends.client.disconnect != null && ends.server.disconnect != null);
            ends.until(() -> ends.client.done.size() == 3 && ends.server.done.size() == 1);
            assertThat(ends.client.disconnect.status()).isEqualTo(RdmaStatus.CONNECTION_LOST);
            assertThat(ends.server.disconnect.status()).isEqualTo(RdmaStatus.CONNECTION_LOST);
            assertThat(ends.client.done).extracting(TestEnds.Done::id).containsExactly(2L, 3L, 4L);
        }
    }

    @Test
    void aSlowReceiverTakesVirtualTimeOnly() throws IOException {
        var network = SimNetwork.virtual(1, FaultPlan.NONE.slowReceiver(Duration.ofSeconds(1)));
        var ends = ends(network);
        ends.server.pair.postReceive(1, ends.server.span(0, 4 * MIB));
        ends.client.pair.postSend(2, List.of(ends.client.span(0, 4 * MIB)));
        long before = network.nanoTime();
        ends.until(() -> ends.server.count(Opcode.RECEIVE) == 1);
        assertThat(Duration.ofNanos(network.nanoTime() - before)).isGreaterThan(Duration.ofSeconds(60));
    }

    @Test
    void aSegmentLostRepeatedOrLateEndsTheStreamInsteadOfCorruptingIt() throws IOException {
        for (int seed = 0; seed < 30; seed++) {
            for (var plan : List.of(
                    FaultPlan.NONE.unreliable(0.05, 0, 0),
                    FaultPlan.NONE.unreliable(0, 0.05, 0),
                    FaultPlan.NONE.unreliable(0, 0, 0.05))) {
                var ends = ends(SimNetwork.virtual(seed, plan));
                for (int i = 0; i < 100; i++) {
                    ends.server.pair.postReceive(i, ends.server.span(i * 8, 8));
                    ends.client.memory.set(java.lang.foreign.ValueLayout.JAVA_LONG, 0, i);
                    ends.client.pair.postSend(i, List.of(ends.client.span(0, 8)));
                }
                for (int i = 0; i < 1000; i++) {
                    ends.client.poll();
                    ends.server.poll();
                }
                for (int i = 0; i < ends.server.count(Opcode.RECEIVE); i++) {
                    assertThat(ends.server.done.get(i).id()).isEqualTo(i);
                }
            }
        }
    }

    /** Two machines with so much on the way that the one or the other is the first to have sent so many segments. */
    private static TestEnds machines(SimNetwork network, List<Device> devices) throws IOException {
        var ends = new TestEnds(devices.get(0), devices.get(1), InetAddress.getLoopbackAddress(), 4 * MIB, 4)
                .established();
        ends.server.pair.postReceive(1, ends.server.span(0, MIB));
        ends.client.pair.postWrite(2, List.of(ends.client.span(0, MIB)), ends.server.remote(0, MIB));
        ends.client.pair.postRead(3, ends.client.span(0, 2 * MIB), ends.server.remote(0, 2 * MIB));
        ends.client.pair.postSend(4, List.of(ends.client.span(0, MIB)));
        ends.until(() -> !devices.stream().allMatch(network::runs));
        return ends;
    }

    @Test
    void aMachineThatVanishesIsMissedWhenThePlanSaysSoAndFlushesWhatIsLeft() throws IOException {
        for (int death = 1; death < 30; death++) {
            var plan = MachineFaults.NONE.deathAfter(death);
            var network = SimNetwork.virtual(death, FaultPlan.NONE.machines(plan));
            var devices = List.of(network.device(), network.device());
            var ends = machines(network, devices);
            var left = network.runs(devices.get(0)) ? ends.client : ends.server;
            var gone = left.equals(ends.client) ? ends.server : ends.client;
            ends.until(() -> left.disconnect != null);
            // All that was before took some milliseconds.
            assertThat(Duration.ofNanos(network.nanoTime())).isBetween(plan.noticed(), Duration.ofSeconds(1));
            assertThat(left.disconnect.status()).isEqualTo(RdmaStatus.CONNECTION_LOST);
            ends.until(() -> left.done.size() == (left.equals(ends.client) ? 3 : 1));
            assertThat(gone.disconnect).isNull();
        }
    }

    @Test
    void ofAMachineThatVanishesUnnoticedNobodyHearsAndWhatIsSentToItStaysOutstanding() throws IOException {
        var plan = MachineFaults.NONE.unnoticed().deathAfter(20);
        var network = SimNetwork.virtual(1, FaultPlan.NONE.machines(plan));
        var devices = List.of(network.device(), network.device());
        assertThat(devices).noneMatch(Device::detectsSilence);
        var ends = machines(network, devices);
        var left = network.runs(devices.get(0)) ? ends.client : ends.server;
        for (int i = 0; i < 100; i++) {
            left.pair.postSend(100 + i, List.of(left.span(0, 8)));
        }
        long start = network.nanoTime();
        while (network.nanoTime() - start < Duration.ofMinutes(10).toNanos()) {
            left.poll();
            left.queue.await(Duration.ofSeconds(1).toNanos());
        }
        assertThat(left.disconnect).isNull();
        assertThat(left.count(Opcode.SEND)).isLessThan(100);
        left.pair.close();
        ends.until(() -> left.disconnect != null && left.done.stream().anyMatch(d -> d.id() == 199));
    }

    @Test
    void anOwnerThatHangsHasItsPeerWaitAndThenTakesAllInOrder() throws IOException {
        var hang = Duration.ofSeconds(3);
        var plan = MachineFaults.NONE.hangAfter(1, hang);
        var network = SimNetwork.virtual(1, FaultPlan.NONE.machines(plan));
        var devices = List.of(network.device(), network.device());
        var ends = new TestEnds(devices.get(0), devices.get(1), InetAddress.getLoopbackAddress(), 4 * MIB, 4)
                .established();
        for (int i = 0; i < 200; i++) {
            ends.server.pair.postReceive(i, ends.server.span(i * 8, 8));
        }
        ends.client.pair.postReceive(0, ends.client.span(0, 8));
        ends.server.pair.postSend(1_000, List.of(ends.server.span(0, 8))); // the last that it does for a while
        ends.server.poll();
        for (int i = 0; i < 200; i++) {
            ends.client.pair.postSend(i, List.of(ends.client.span(0, 8)));
        }
        for (int i = 0; i < 1_000; i++) {
            ends.client.poll();
        }
        assertThat(ends.client.count(Opcode.RECEIVE)).isOne();
        assertThat(network.runs(devices.get(1))).isFalse();
        assertThat(ends.client.count(Opcode.SEND)).isBetween(1L, 199L);
        assertThat(ends.server.count(Opcode.RECEIVE)).isZero();
        ends.until(() -> ends.server.count(Opcode.RECEIVE) == 200 && ends.client.count(Opcode.SEND) == 200);
        assertThat(Duration.ofNanos(network.nanoTime())).isBetween(hang, hang.plusSeconds(1));
        assertThat(ends.server.done.stream().filter(d -> d.opcode() == Opcode.RECEIVE))
                .extracting(TestEnds.Done::id)
                .isSorted();
    }

    @Test
    void theSameSeedGivesTheSameRun() throws IOException {
        assertThat(run(42)).isEqualTo(run(42));
        assertThat(run(42)).isNotEqualTo(run(43));
    }

    private static List<Long> run(long seed) throws IOException {
        var network = SimNetwork.virtual(seed, FaultPlan.delay(Duration.ofNanos(1000), Duration.ofNanos(50_000)));
        var ends = ends(network);
        var times = new java.util.ArrayList<Long>();
        for (int i = 0; i < 20; i++) {
            int before = i;
            ends.server.pair.postReceive(i, ends.server.span(0, 8));
            ends.client.pair.postSend(i, List.of());
            ends.until(() -> ends.server.count(Opcode.RECEIVE) == before + 1);
            times.add(network.nanoTime());
        }
        return times;
    }
}
