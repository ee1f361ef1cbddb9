package dev.penstock.smbdirect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.sim.FaultPlan;
import dev.penstock.rdma.sim.MachineFaults;
import dev.penstock.rdma.sim.SimNetwork;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random lives of connections in virtual time. {@code -Dpenstock.seed} repeats the seed that a failure names, and searches from there on.
 */
class SmbDirectSoakTest {
    private static final long SEED = Long.getLong("penstock.seed", 20261123);

    /** One for all runs, since its memory stays mapped. */
    private static final SlabPool POOL =
            new SlabPool(List.of(new SlabPool.SizeClass(4096, 128), new SlabPool.SizeClass(131_072, 64)));

    private static final FaultPlan CABLE = FaultPlan.delay(Duration.ofNanos(5_000), Duration.ofNanos(20_000));

    /** As over adapters and TCP: a machine that is gone is noticed by the timers of SMB Direct alone. */
    private static void plain(int seeds) throws Exception {
        var ends = EnumSet.noneOf(SmbDirectSoak.End.class);
        for (long seed = SEED; seed < SEED + seeds; seed++) {
            var network = SimNetwork.virtual(seed, CABLE.machines(MachineFaults.NONE.unnoticed()));
            ends.addAll(live(seed, network, network.device(), network.device()));
        }
        assertThat(ends).containsExactly(SmbDirectSoak.End.values());
    }

    private static void thunderbolt(int seeds, FaultPlan faults) throws Exception {
        var ends = EnumSet.noneOf(SmbDirectSoak.End.class);
        for (long seed = SEED; seed < SEED + seeds; seed++) {
            var network = SimNetwork.virtual(seed, faults);
            try (var client = network.thunderbolt(60);
                    var server = network.thunderbolt(60)) {
                ends.addAll(live(seed, network, client, server));
                assertThat(network.openPorts()).as("ports, seed " + seed).isZero();
                if (faults.equals(CABLE)) {
                    assertThat(network.overruns()).as("overruns, seed " + seed).isZero();
                }
            }
        }
        assertThat(ends).containsExactly(SmbDirectSoak.End.values());
    }

    private static Set<SmbDirectSoak.End> live(long seed, SimNetwork network, Device client, Device server)
            throws Exception {
        try {
            var ends = new SmbDirectSoak(seed, network, List.of(client, server), POOL).run();
            assertThat(POOL.outstanding()).as("slabs").isZero();
            assertThat(client.held()).isEqualTo(new Device.Held(0, 0, 0));
            assertThat(server.held()).isEqualTo(new Device.Held(0, 0, 0));
            return ends;
        } catch (Exception | AssertionError e) {
            throw new AssertionError("penstock.seed=" + seed + " at " + Duration.ofNanos(network.nanoTime()), e);
        }
    }

    @Test
    void connectionsLiveAndDieByTheRulesOverTheEngine() throws Exception {
        plain(200);
    }

    @Test
    void connectionsLiveAndDieByTheRulesOverFramesThatAllArrive() throws Exception {
        thunderbolt(100, CABLE);
    }

    @Test
    void connectionsLiveAndDieByTheRulesOverFramesThatGetLost() throws Exception {
        thunderbolt(100, CABLE.unreliable(0.01, 0.005, 0.01).damaging(0.005));
    }

    @Test
    @Tag("long")
    void thousandsOfThem() throws Exception {
        plain(5_000);
        thunderbolt(2_000, CABLE);
        thunderbolt(2_000, CABLE.unreliable(0.02, 0.01, 0.02).damaging(0.01));
    }
}
