package dev.penstock.rdma.thunderbolt;

import java.util.concurrent.atomic.AtomicLong;

/** The counters of a connection. Counted by its owner only, so that a count is an ordinary store; read by anyone. */
final class Counters {
    /** One counter. */
    static final class Counter {
        private final AtomicLong value = new AtomicLong();

        void count() {
            add(1);
        }

        void add(int more) {
            value.setRelease(value.getPlain() + more);
        }
    }

    final Counter sent = new Counter();
    final Counter received = new Counter();
    final Counter repaired = new Counter();
    final Counter damaged = new Counter();
    final Counter early = new Counter();
    final Counter useless = new Counter();
    final Counter probes = new Counter();
    final Counter acknowledgements = new Counter();
    final Counter placed = new Counter();
    final Counter fellBack = new Counter();

    FrameCounters view() {
        return new FrameCounters(
                sent.value.get(),
                received.value.get(),
                repaired.value.get(),
                damaged.value.get(),
                early.value.get(),
                useless.value.get(),
                probes.value.get(),
                acknowledgements.value.get(),
                placed.value.get(),
                fellBack.value.get());
    }
}
