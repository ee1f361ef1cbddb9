package dev.penstock.rdma.thunderbolt;

/**
 * What has come on a connection: in which order frames are due, and the account of it that goes back with every frame. Frames that came too early
 * stay in their receive slots until the gap is filled.
 */
final class Incoming {
    private static final int NONE = -1;

    /** Where a frame belongs. */
    enum Place {
        /** The next that is due. */
        NEXT,
        /** Behind a gap; it is held. */
        EARLY,
        /** There already, or beyond what a peer may send. */
        USELESS
    }

    private final int window;
    /** Slots of frames that came too early, by sequence. */
    private final int[] held;

    private boolean any;
    private int highest;
    private int received;
    private int posted;
    private int expected;
    private int heldCount;
    private int again = -1;

    /**
     * Nothing has come yet.
     *
     * @param window sequences that the peer may be ahead of what is due
     */
    Incoming(int window) {
        this.window = window;
        this.held = new int[window];
        java.util.Arrays.fill(held, NONE);
        // Transmissions are counted from 0: the highest received is the one before.
        this.highest = -1;
    }

    /** A receive was posted. */
    void posted() {
        posted++;
    }

    /** A receive was taken by a frame, sound or not. */
    void took() {
        received++;
    }

    /** A sound frame; whether it is newer than all before, so that its account counts. */
    boolean heard(int transmission) {
        if (any && transmission - highest <= 0) {
            return false;
        }
        any = true;
        highest = transmission;
        return true;
    }

    /** A transmission brought nothing new. */
    void useless(int transmission) {
        again = transmission;
    }

    /** Finds the place of a data frame, and keeps the slot of an early one. */
    Place place(int sequence, int slot) {
        int ahead = sequence - expected;
        if (ahead == 0) {
            expected++;
            return Place.NEXT;
        }
        if (ahead < 0 || ahead >= window || held[at(sequence)] != NONE) {
            return Place.USELESS;
        }
        held[at(sequence)] = slot;
        heldCount++;
        return Place.EARLY;
    }

    /** The slot of the frame that is due, if it was held, else -1. */
    int takeDue() {
        int slot = held[at(expected)];
        if (slot != NONE) {
            held[at(expected)] = NONE;
            heldCount--;
            expected++;
        }
        return slot;
    }

    /** Writes the account. */
    void report(FrameHeader to) {
        to.highest = highest;
        to.received = received;
        to.posted = posted;
        to.expected = expected;
        to.again = again;
        long bits = 0;
        if (heldCount > 0) {
            for (int i = 0; i < Math.min(Long.SIZE, window - 1); i++) {
                if (held[at(expected + 1 + i)] != NONE) {
                    bits |= 1L << i;
                }
            }
        }
        to.beyond = bits;
    }

    private int at(int sequence) {
        return Integer.remainderUnsigned(sequence, window);
    }
}
