package dev.penstock.rdma.sim;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;
import java.time.Duration;

class SimContractTest extends AbstractRdmaContract {
    @Override
    protected Device open() {
        long seed = Long.getLong("penstock.seed", 1);
        return SimNetwork.virtual(seed, FaultPlan.delay(Duration.ofNanos(10_000), Duration.ofNanos(100_000)))
                .device();
    }
}
