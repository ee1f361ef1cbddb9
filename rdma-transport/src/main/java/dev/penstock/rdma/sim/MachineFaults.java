package dev.penstock.rdma.sim;

import java.time.Duration;

/**
 * What becomes of the machines at a network. In virtual time.
 *
 * @param deathAfterSegments the first machine that has sent so many segments or frames vanishes, and nobody is told; 0 for never
 * @param hangAfterSegments the owner of the queues of the first machine that has sent so many does not look at them for a while: its credits
 *     run out; 0 for never
 * @param hang how long that is
 * @param noticed after how long the engine's connections to a machine that has vanished end by themselves; nothing for never, as with adapters
 *     and TCP, which take minutes, or for ever where nothing is sent
 */
public record MachineFaults(long deathAfterSegments, long hangAfterSegments, Duration hang, Duration noticed) {
    /** Machines stay; of one that is made to vanish the others are told within a second. */
    public static final MachineFaults NONE = new MachineFaults(0, 0, Duration.ZERO, Duration.ofMillis(700));

    /** The same, where nobody notices but by limits of its own. */
    public MachineFaults unnoticed() {
        return new MachineFaults(deathAfterSegments, hangAfterSegments, hang, Duration.ZERO);
    }

    /** The same, with a machine that vanishes. */
    public MachineFaults deathAfter(long segments) {
        return new MachineFaults(segments, hangAfterSegments, hang, noticed);
    }

    /** The same, with a machine that stands still. */
    public MachineFaults hangAfter(long segments, Duration time) {
        return new MachineFaults(deathAfterSegments, segments, time, noticed);
    }
}
