package dev.penstock.rdma.sim;

import static org.assertj.core.api.Assertions.assertThat;

/** One frame in fifty arrives with a bit changed. */
class DamagingSimThunderboltContractTest extends AbstractSimThunderboltContract {
    @Override
    FaultPlan faults(FaultPlan cable) {
        return cable.damaging(0.02);
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
