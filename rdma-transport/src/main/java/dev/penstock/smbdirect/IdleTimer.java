package dev.penstock.smbdirect;

/**
 * The Idle Connection Timer of one connection, [MS-SMBD] 3.1.6.2: a peer that has said nothing for a while is asked for an answer, once, and
 * counts as lost when none comes. Of the poller's thread. Messages only leave a mark, and the time is taken at the next look, which is exact
 * enough: the clock is not asked for each message.
 */
final class IdleTimer {
    /** What is to be done. */
    enum Due {
        NOTHING,
        ASK,
        GIVE_UP
    }

    private final long idleNanos;
    private final long answerNanos;
    private long lastHeard;
    private boolean heard;
    private boolean asked;

    IdleTimer(SmbDirectConfig config) {
        this.idleNanos = config.keepAlive().toNanos();
        this.answerNanos = config.keepAlive().plus(config.keepAliveReply()).toNanos();
    }

    /** The connection is open from now on. */
    void start(long now) {
        lastHeard = now;
    }

    /** Something has come. */
    void heard() {
        heard = true;
    }

    /** Looks at the time, several times in the shortest of the silences. */
    Due look(long now) {
        if (heard) {
            heard = false;
            asked = false;
            lastHeard = now;
        }
        long silence = now - lastHeard;
        if (asked) {
            return silence >= answerNanos ? Due.GIVE_UP : Due.NOTHING;
        }
        asked = silence >= idleNanos;
        return asked ? Due.ASK : Due.NOTHING;
    }
}
