package dev.penstock.rdma.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.thunderbolt.FrameCounters;
import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** The carrier over unreliable frames, side channels included, in virtual time. */
abstract class AbstractSimThunderboltContract extends AbstractRdmaContract {
    private static final long SEED = Long.getLong("penstock.seed", 20261123);

    private SimNetwork network;
    private ThunderboltDevice thunderbolt;

    abstract FaultPlan faults(FaultPlan cable);

    abstract int depth();

    @Override
    protected Device open() {
        network = SimNetwork.virtual(SEED, faults(FaultPlan.delay(Duration.ofNanos(5_000), Duration.ofNanos(1_000))));
        thunderbolt = network.thunderbolt(depth());
        return thunderbolt;
    }

    @Override
    protected long time() {
        return network.nanoTime();
    }

    final SimNetwork network() {
        return network;
    }

    final FrameCounters counters() {
        return thunderbolt.counters();
    }

    @Override
    @AfterEach
    protected void disconnect() {
        super.disconnect();
        assertThat(network.openPorts()).isZero();
        checkFrames();
    }

    abstract void checkFrames();
}
