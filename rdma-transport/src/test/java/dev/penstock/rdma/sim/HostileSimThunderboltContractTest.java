package dev.penstock.rdma.sim;

import static org.assertj.core.api.Assertions.assertThat;

/** All that can go wrong at once, on a shallow device. */
class HostileSimThunderboltContractTest extends AbstractSimThunderboltContract {
    @Override
    FaultPlan faults(FaultPlan cable) {
        return cable.unreliable(0.02, 0.01, 0.02).damaging(0.01);
    }

    @Override
    int depth() {
        return 60;
    }

    @Override
    void checkFrames() {
        assertThat(counters().repaired()).isLessThan(Math.max(1, counters().sent()));
    }
}
