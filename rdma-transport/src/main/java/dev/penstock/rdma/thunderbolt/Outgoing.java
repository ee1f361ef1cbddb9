package dev.penstock.rdma.thunderbolt;

/**
 * What is under way on a connection, and how much more the peer has room for.
 *
 * <p><b>Never too many.</b> The peer reports how many receives it has posted, how many of them frames have taken, and the highest transmission
 * that came. Frames arrive in order, so a frame below the highest that took no receive will never take one, and those above may each take one:
 * {@code posted - received - (sent - highest)} receives are certainly free. Some are kept back, so that an acknowledgement or a question can
 * always be sent, and for frames that a switch delivered late.
 *
 * <p><b>Repair.</b> A frame is sent again when one that left clearly later has come. A timeout sends nothing again, it asks: so a peer that was
 * merely slow costs a frame, and a link without loss never sees a repair. What is clearly later is told by the count at first, since a cable keeps the
 * order; once frames were seen to come late, it is told by the time, as in RFC 8985 6.2: as much as they were late by, beyond a round trip,
 * and a second round trip at most.
 */
final class Outgoing {
    /** Receives of the peer's that data leaves free, for acknowledgements; of these, those that acknowledgements leave for questions. */
    static final int KEPT_FOR_CONTROL = 16;

    static final int KEPT_FOR_PROBES = 8;

    /** Transmissions that may come late by so many places without being taken for lost, where none has been late so far. */
    private static final int REORDERED = 3;

    /** Transmissions without a late one after which the time that is waited for late ones is halved. */
    private static final int FORGIVING = 4096;

    /** Waiting for less is not worth a look at the clock. */
    private static final long SHORTEST_LATENESS_NANOS = 2_000;

    private static final long LONGEST_LATENESS_NANOS = 50_000_000;

    private static final int REMEMBERED = 1024;

    private static final long FIRST_ROUND_TRIP_NANOS = 1_000_000;
    private static final long SHORTEST_TIMEOUT_NANOS = 2_000_000;
    private static final long LONGEST_TIMEOUT_NANOS = 200_000_000;

    private enum State {
        FREE,
        SENT,
        LOST,
        THERE
    }

    private final int window;
    private final State[] states;
    private final int[] transmissions;
    private final int[] bytes;
    /** The transmission before the last of a sequence that was sent again. */
    private final int[] before;
    /** Whether a frame that left later has come, and this one had not. */
    private final boolean[] overtaken;

    /** When each of the last transmissions left, by its number. */
    private final long[] leftAt = new long[REMEMBERED];

    /** Which of them was followed by another of the same data. */
    private final boolean[] repeated = new boolean[REMEMBERED];

    private int unacknowledged;
    private int next;
    private int nextTransmission;
    private int lost;

    // the peer's account
    private int highest = -1;
    private int received;
    private int posted;
    private int again = -1;

    private long roundTrip;
    private long deviation;
    private boolean measured;
    private long lastRoundTrip;

    /** How late frames come that others overtake; 0 where none was seen. */
    private long lateness;

    private int lastLate;
    /** When a frame that was overtaken counts as lost, if nothing is heard of it until then. */
    private long due;

    private boolean isDue;

    /** A connection with nothing under way. */
    Outgoing(int window, int peerReceives) {
        this.window = window;
        this.posted = peerReceives;
        this.states = new State[window];
        java.util.Arrays.fill(states, State.FREE);
        this.transmissions = new int[window];
        this.bytes = new int[window];
        this.before = new int[window];
        this.overtaken = new boolean[window];
    }

    /** Receives of the peer's that are certainly free. */
    int room() {
        return posted - received - (nextTransmission - 1 - highest);
    }

    /** Whether a frame with new data may leave. */
    boolean hasWindow() {
        return next - unacknowledged < window && room() > KEPT_FOR_CONTROL;
    }

    /** Whether there is a frame to be sent again, and room for it. */
    boolean mustRepair() {
        return lost > 0 && room() > KEPT_FOR_CONTROL;
    }

    /** Whether all that left has come. */
    boolean idle() {
        return next == unacknowledged;
    }

    /** The sequence of the next new data. */
    int nextSequence() {
        return next;
    }

    /** New data leaves. */
    int send(int payload, long now) {
        int at = at(next);
        states[at] = State.SENT;
        bytes[at] = payload;
        overtaken[at] = false;
        transmissions[at] = transmit(now);
        before[at] = transmissions[at];
        next++;
        return transmissions[at];
    }

    /** The first sequence that has to be sent again. */
    int firstLost() {
        for (int s = unacknowledged; s != next; s++) {
            if (states[at(s)] == State.LOST) {
                return s;
            }
        }
        throw new IllegalStateException("nothing is lost");
    }

    /** It leaves again. */
    int sendAgain(int sequence, long now) {
        int at = at(sequence);
        states[at] = State.SENT;
        lost--;
        before[at] = transmissions[at];
        repeated[before[at] & (REMEMBERED - 1)] = true;
        transmissions[at] = transmit(now);
        return transmissions[at];
    }

    /** Payload of a sequence that is under way. */
    int bytes(int sequence) {
        return bytes[at(sequence)];
    }

    /** Any frame leaves. */
    int transmit(long now) {
        leftAt[nextTransmission & (REMEMBERED - 1)] = now;
        repeated[nextTransmission & (REMEMBERED - 1)] = false;
        return nextTransmission++;
    }

    /**
     * Takes the peer's account; whether it can be true.
     *
     * @param account of the newest frame that came
     */
    boolean learn(FrameHeader account, long now) {
        boolean possible = account.highest - nextTransmission < 0
                && account.highest - highest >= 0
                && account.expected - unacknowledged >= 0
                && account.expected - next <= 0
                && account.posted - posted >= 0
                && account.received - received >= 0;
        if (!possible) {
            return false;
        }
        if (account.highest != highest && nextTransmission - account.highest <= REMEMBERED) {
            measure(now - leftAt[account.highest & (REMEMBERED - 1)]);
        }
        highest = account.highest;
        received = account.received;
        posted = account.posted;
        while (unacknowledged != account.expected) {
            arrived(unacknowledged, now);
            states[at(unacknowledged)] = State.FREE;
            unacknowledged++;
        }
        for (long bits = account.beyond; bits != 0; bits &= bits - 1) {
            int sequence = unacknowledged + 1 + Long.numberOfTrailingZeros(bits);
            if (sequence - next < 0) {
                arrived(sequence, now);
            }
        }
        if (account.again != again) {
            again = account.again;
            // What came although it had been given up: not what the network doubles.
            if (nextTransmission - again > 0 && repeated[again & (REMEMBERED - 1)]) {
                late(again, now);
            }
        }
        if (nextTransmission - lastLate > FORGIVING) {
            lastLate = nextTransmission;
            lateness = lateness / 2 < SHORTEST_LATENESS_NANOS ? 0 : lateness / 2;
        }
        findLost(now);
        return true;
    }

    /** Looks whether a frame that may be late has been waited for long enough. To be called now and then: the peer may say nothing more. */
    void look(long now) {
        if (isDue && now - due >= 0) {
            findLost(now);
        }
    }

    private void arrived(int sequence, long now) {
        int at = at(sequence);
        State was = states[at];
        if (was == State.THERE) {
            return;
        }
        if (was == State.LOST) {
            lost--;
        }
        states[at] = State.THERE;
        // Had it been sent again for a reason, then the later transmission would have come (the Eifel algorithm, RFC
        // 3522, by numbers for timestamps).
        boolean late = was == State.LOST || before[at] == transmissions[at] || highest - transmissions[at] < 0;
        if (overtaken[at] && late) {
            late(was == State.LOST ? transmissions[at] : before[at], now);
        }
    }

    /** A transmission came after later ones, and is known to have come only now. */
    private void late(int transmission, long now) {
        if (nextTransmission - transmission > REMEMBERED) {
            return;
        }
        long by = now - leftAt[transmission & (REMEMBERED - 1)] - lastRoundTrip;
        lateness = Math.clamp(by + by / 4, Math.max(lateness, SHORTEST_LATENESS_NANOS), LONGEST_LATENESS_NANOS);
        lastLate = nextTransmission;
    }

    /** What left clearly before the last that came, and is not there. Beyond 64 sequences the account says nothing. */
    private void findLost(long now) {
        isDue = false;
        int end = Math.min(next - unacknowledged, Long.SIZE + 1);
        for (int i = 0; i < end; i++) {
            int at = at(unacknowledged + i);
            if (states[at] != State.SENT) {
                continue;
            }
            int behind = highest - transmissions[at];
            if (behind <= 0) {
                continue;
            }
            overtaken[at] = true;
            if (isLost(behind, now - leftAt[transmissions[at] & (REMEMBERED - 1)], now)) {
                states[at] = State.LOST;
                lost++;
            }
        }
    }

    /** Of a frame that was overtaken by so many places, and left so long ago. */
    private boolean isLost(int behind, long age, long now) {
        if (behind >= REMEMBERED) {
            return true; // nobody knows when it left
        }
        if (lateness == 0) {
            return behind >= REORDERED || age > timeout();
        }
        // Longer than a round trip would stop the window for what is cheaper sent twice.
        long left = lastRoundTrip + Math.min(lateness, roundTrip) - age;
        if (left > 0 && (!isDue || now + left - due < 0)) {
            isDue = true;
            due = now + left;
        }
        return left <= 0;
    }

    private void measure(long sample) {
        lastRoundTrip = sample;
        if (!measured) {
            measured = true;
            roundTrip = sample;
            deviation = sample / 2;
        } else {
            // RFC 6298 2.3.
            deviation += (Math.abs(sample - roundTrip) - deviation) / 4;
            roundTrip += (sample - roundTrip) / 8;
        }
    }

    /** How long to wait for an answer before asking, in nanoseconds. */
    long timeout() {
        long nanos = measured ? roundTrip + 4 * deviation : FIRST_ROUND_TRIP_NANOS;
        return Math.clamp(nanos, SHORTEST_TIMEOUT_NANOS, LONGEST_TIMEOUT_NANOS);
    }

    private int at(int sequence) {
        return Integer.remainderUnsigned(sequence, window);
    }
}
