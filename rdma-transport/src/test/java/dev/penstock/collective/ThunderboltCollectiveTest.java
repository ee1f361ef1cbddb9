package dev.penstock.collective;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.thunderbolt.PipedPorts;

/** Over frames of which one in a thousand is lost. */
class ThunderboltCollectiveTest extends AbstractCollectiveContract {
    @Override
    protected Device open() {
        return PipedPorts.device(0.001, 0, 0, 60, Long.getLong("penstock.seed", 1));
    }
}
