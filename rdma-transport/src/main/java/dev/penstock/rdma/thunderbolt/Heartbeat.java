package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.Machine;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Tells peers by the side channels that this process lives while the owners of its queues compute and do not poll: without a sign of life a link is
 * taken for cut within a second, and a step of a large model takes longer. One thread for a device.
 */
final class Heartbeat implements AutoCloseable {
    /** Several in the time after which silence is taken for the end. */
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

    private final Set<ThunderboltStream> streams = ConcurrentHashMap.newKeySet();
    private final Machine.Repeated beats;

    Heartbeat(Machine machine) {
        beats = machine.repeat("thunderbolt-heartbeat", PERIOD_NANOS, () -> streams.forEach(ThunderboltStream::beat));
    }

    void add(ThunderboltStream stream) {
        streams.add(stream);
    }

    void remove(ThunderboltStream stream) {
        streams.remove(stream);
    }

    @Override
    public void close() {
        beats.close();
    }
}
