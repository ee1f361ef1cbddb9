package dev.penstock.rdma.sim;

/** A machine of a simulated network: what vanishes, or stands still, together. Of the network's thread; what is volatile is for all. */
final class SimHost {
    private volatile boolean gone;
    private volatile long standsUntil = Long.MIN_VALUE;
    private long sent;

    /** Counts a segment or a frame that it sends; the answer is how many that makes. */
    long countSent() {
        return ++sent;
    }

    void vanish() {
        gone = true;
    }

    void standUntil(long time) {
        standsUntil = time;
    }

    boolean gone() {
        return gone;
    }

    /** Whether its owner looks at what has come. */
    boolean runs(long now) {
        return !gone && now >= standsUntil;
    }

    /** When its owner sees what is due at a time: later where it stands still, never where it is gone. */
    long seen(long due) {
        return gone ? Long.MAX_VALUE : Math.max(due, standsUntil);
    }
}
