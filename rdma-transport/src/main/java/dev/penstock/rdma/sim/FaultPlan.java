package dev.penstock.rdma.sim;

import java.time.Duration;

/**
 * What the simulated network does to its segments.
 *
 * @param latency of each segment
 * @param jitter random, on top, between nothing and this
 * @param receiverDelay between two segments that one end takes
 * @param cutAfterSegments each connection breaks when so many segments have been sent on it, both directions together; 0 for never
 * @param loss share of segments that vanish, for carriers that have to repair that; the engine itself takes it for a broken peer
 * @param duplication share of segments that arrive twice
 * @param reordering share of segments that arrive too late by some latencies
 */
public record FaultPlan(
        Duration latency,
        Duration jitter,
        Duration receiverDelay,
        long cutAfterSegments,
        double loss,
        double duplication,
        double reordering) {
    /** Ten microseconds, as over one cable, and nothing goes wrong. */
    public static final FaultPlan NONE = delay(Duration.ofNanos(10_000), Duration.ZERO);

    /** Nothing but delay. */
    public static FaultPlan delay(Duration latency, Duration jitter) {
        return new FaultPlan(latency, jitter, Duration.ZERO, 0, 0, 0, 0);
    }

    /** The same, with connections that break. */
    public FaultPlan cutAfter(long segments) {
        return new FaultPlan(latency, jitter, receiverDelay, segments, loss, duplication, reordering);
    }

    /** The same, with a receiver that takes its time. */
    public FaultPlan slowReceiver(Duration delay) {
        return new FaultPlan(latency, jitter, delay, cutAfterSegments, loss, duplication, reordering);
    }

    /** The same, with a network that loses, repeats and reorders. */
    public FaultPlan unreliable(double lost, double twice, double late) {
        return new FaultPlan(latency, jitter, receiverDelay, cutAfterSegments, lost, twice, late);
    }
}
