package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;

/** Over ports that lose nothing: the way of repair is never taken. */
class ThunderboltContractTest extends AbstractRdmaContract {

    @Override
    protected Device open() {
        return PipedPorts.device(0, 0, 0, 256, 1);
    }
}
