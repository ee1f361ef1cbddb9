package dev.penstock.rdma.sim;

import static org.assertj.core.api.Assertions.assertThat;

/** Over frames of which none is lost: the way of repair is never taken. */
class SimThunderboltContractTest extends AbstractSimThunderboltContract {
    @Override
    FaultPlan faults(FaultPlan cable) {
        return cable;
    }

    @Override
    int depth() {
        return 256;
    }

    @Override
    void checkFrames() {
        assertThat(counters().repaired()).isZero();
        assertThat(counters().damaged()).isZero();
        assertThat(network().overruns()).isZero();
    }
}
