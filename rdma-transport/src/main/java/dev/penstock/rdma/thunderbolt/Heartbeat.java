package dev.penstock.rdma.thunderbolt;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Tells peers by the side channels that this process lives while the owners of its queues compute and do not poll: without a sign of life a link is
 * taken for cut within a second, and a step of a large model takes longer. One thread for a device.
 */
final class Heartbeat implements AutoCloseable {
    /** Several in the time after which silence is taken for the end. */
    private static final long PERIOD_MILLIS = 150;

    private final Set<ThunderboltStream> streams = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        var made = new Thread(task, "thunderbolt-heartbeat");
        made.setDaemon(true);
        return made;
    });

    Heartbeat() {
        var _ = thread.scheduleAtFixedRate(
                () -> streams.forEach(ThunderboltStream::beat), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    void add(ThunderboltStream stream) {
        streams.add(stream);
    }

    void remove(ThunderboltStream stream) {
        streams.remove(stream);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
