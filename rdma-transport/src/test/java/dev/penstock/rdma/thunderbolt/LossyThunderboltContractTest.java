package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;

/** Over ports of a shallow device that lose a frame in a hundred, damage one in a thousand and deliver one in a thousand late. */
class LossyThunderboltContractTest extends AbstractRdmaContract {
    private static final long SEED = Long.getLong("penstock.seed", System.nanoTime());

    @Override
    protected Device open() {
        System.out.println("penstock.seed=" + SEED);
        return PipedPorts.device(0.01, 0.001, 0.001, 60, SEED);
    }
}
