package dev.penstock.rdma.sim;

import static org.assertj.core.api.Assertions.assertThat;

/** One frame in fifty is lost. */
class LossySimThunderboltContractTest extends AbstractSimThunderboltContract {
    @Override
    FaultPlan faults(FaultPlan cable) {
        return cable.unreliable(0.02, 0, 0);
    }

    @Override
    int depth() {
        return 256;
    }

    @Override
    void checkFrames() {
        assertThat(network().overruns()).isZero();
    }
}
