package dev.penstock.rdma.sim;

import java.time.Duration;

/**
 * What the simulated network does to what it carries: segments of the engine, frames of unreliable connections, bytes of sockets. A value: what it
 * prints, beside the seed, says all that is needed to repeat a run.
 *
 * @param latency of each segment or frame
 * @param jitter random, on top, between nothing and this
 * @param receiverDelay between two segments or frames that one end takes
 * @param cutAfterSegments each connection of the engine breaks when so many segments have been sent on it, both directions together; 0 for
 *     never
 * @param loss share of segments or frames that vanish: frames are repaired by who sent them, the engine itself takes a lost segment for a broken
 *     peer, sockets repeat theirs after a while
 * @param duplication share that arrives twice
 * @param reordering share that arrives too late by some latencies
 * @param damage share of frames in which a bit is changed
 * @param machines what becomes of who sends and receives
 */
public record FaultPlan(
        Duration latency,
        Duration jitter,
        Duration receiverDelay,
        long cutAfterSegments,
        double loss,
        double duplication,
        double reordering,
        double damage,
        MachineFaults machines) {
    /** Ten microseconds, as over one cable, and nothing goes wrong. */
    public static final FaultPlan NONE = delay(Duration.ofNanos(10_000), Duration.ZERO);

    /** Nothing but delay. */
    public static FaultPlan delay(Duration latency, Duration jitter) {
        return new FaultPlan(latency, jitter, Duration.ZERO, 0, 0, 0, 0, 0, MachineFaults.NONE);
    }

    /** The same, with connections that break. */
    public FaultPlan cutAfter(long segments) {
        return new FaultPlan(latency, jitter, receiverDelay, segments, loss, duplication, reordering, damage, machines);
    }

    /** The same, with a receiver that takes its time. */
    public FaultPlan slowReceiver(Duration delay) {
        return new FaultPlan(latency, jitter, delay, cutAfterSegments, loss, duplication, reordering, damage, machines);
    }

    /** The same, with a network that loses, repeats and reorders. */
    public FaultPlan unreliable(double lost, double twice, double late) {
        return new FaultPlan(latency, jitter, receiverDelay, cutAfterSegments, lost, twice, late, damage, machines);
    }

    /** The same, with frames that arrive damaged. */
    public FaultPlan damaging(double share) {
        return new FaultPlan(
                latency, jitter, receiverDelay, cutAfterSegments, loss, duplication, reordering, share, machines);
    }

    /** The same, with machines that vanish or stand still. */
    public FaultPlan machines(MachineFaults of) {
        return new FaultPlan(
                latency, jitter, receiverDelay, cutAfterSegments, loss, duplication, reordering, damage, of);
    }
}
