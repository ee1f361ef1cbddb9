package dev.penstock.rdma.thunderbolt;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The port that long transfers of a connection go by: one at a time, each a generation that both ends number alike. One is made when it is first wanted
 * or when the peer has made one, and given up when something was lost on it; the next comes after a pause, which grows until something has come through.
 * Of the queue's owner.
 */
final class BulkPorts {
    private static final Logger LOG = LoggerFactory.getLogger(BulkPorts.class);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int GENERATIONS = 0xFFFF;

    /** Ports in a row that a peer may have us make; then one in each of its shortest pauses, as one that keeps to them needs. */
    private static final int MOST_AT_ONCE = 4;

    /** Makes ports; null where there is none to be had. */
    @FunctionalInterface
    interface Maker {
        @Nullable
        BulkPort make() throws IOException;
    }

    private final Maker maker;
    private @Nullable BulkPort port;
    private int generation;
    /** The last that was given up here, until the peer was told. */
    private int ended;

    private boolean connected;
    private boolean refused;
    private long pause = FIRST_PAUSE_NANOS;
    private long pausedUntil;
    /** A pause for every port that the peer has had us make, one after the other: not beyond now. */
    private long madeForPeer;

    /** None yet. */
    BulkPorts(Maker maker, long now) {
        this.maker = maker;
        this.pausedUntil = now;
        this.madeForPeer = now - MOST_AT_ONCE * FIRST_PAUSE_NANOS;
    }

    /** The one that is open, at this end at least; null where there is none. */
    @Nullable
    BulkPort port() {
        return port;
    }

    /** The one that both ends have; null where there is none. */
    @Nullable
    BulkPort connected() {
        return connected ? port : null;
    }

    /** Whether one could be made now. */
    boolean mayOpen(long now) {
        return port == null && !refused && now - pausedUntil >= 0;
    }

    boolean is(int of) {
        return port != null && generation == of;
    }

    /** Makes the next one; what the peer is to be told of it, null where none could be made. */
    byte @Nullable [] open(long now) {
        return open(generation < GENERATIONS ? generation + 1 : 1, now);
    }

    /**
     * Makes one where the peer has.
     *
     * @param of which it has made; not the one that is open here, which has been given up
     * @throws BulkWord.BrokenWordException where it wants too many
     */
    byte @Nullable [] follow(int of, long now) throws BulkWord.BrokenWordException {
        madeForPeer = Math.max(madeForPeer, now - MOST_AT_ONCE * FIRST_PAUSE_NANOS) + FIRST_PAUSE_NANOS;
        if (madeForPeer > now) {
            throw new BulkWord.BrokenWordException("ports are opened faster than they can be used");
        }
        pausedUntil = now; // the peer has waited
        return open(of, now);
    }

    private byte @Nullable [] open(int of, long now) {
        if (!mayOpen(now)) {
            return null;
        }
        try {
            port = maker.make();
        } catch (IOException e) {
            LOG.debug("no port for long transfers", e);
        }
        var made = port;
        if (made == null) {
            refused = true;
            return null;
        }
        generation = of;
        connected = false;
        return BulkWord.open(of, made.address());
    }

    /** The peer's end of the open one. */
    void connect(byte[] address) throws IOException {
        if (port != null) {
            port.connect(address);
            connected = true;
        }
    }

    /** Closes the open one, and makes none for a while; whether there was one. */
    boolean giveUp(long now) {
        var old = port;
        if (old == null) {
            return false;
        }
        port = null;
        connected = false;
        ended = generation;
        old.close();
        pausedUntil = now + pause;
        pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
        return true;
    }

    /** The generation that was given up here and that the peer has not been told of; 0 where there is none. It is told now. */
    int takeEnded() {
        int last = ended;
        ended = 0;
        return last;
    }

    /** Something has come through. */
    void worked() {
        pause = FIRST_PAUSE_NANOS;
    }

    /** There is to be none any more: this end does not want it, or the peer has none. */
    void refuse() {
        refused = true;
    }
}
