package dev.penstock.rdma.sim;

import static org.assertj.core.api.Assertions.assertThat;

/** One frame in fifty is overtaken. */
class ReorderingSimThunderboltContractTest extends AbstractSimThunderboltContract {
    @Override
    FaultPlan faults(FaultPlan cable) {
        return cable.unreliable(0, 0, 0.02);
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
