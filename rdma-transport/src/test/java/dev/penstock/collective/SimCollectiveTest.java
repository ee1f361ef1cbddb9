package dev.penstock.collective;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.sim.FaultPlan;
import dev.penstock.rdma.sim.SimNetwork;

class SimCollectiveTest extends AbstractCollectiveContract {
    @Override
    protected Device open() {
        return SimNetwork.realTime(Long.getLong("penstock.seed", 1), FaultPlan.NONE)
                .device();
    }
}
