package dev.penstock.smb.connection;

import java.util.BitSet;

/**
 * Which message ids a client may use: the credit window of [MS-SMB2] 3.3.1.1 and 3.3.5.2.3. Ids between {@code low} and {@code high} were
 * granted; each is used once, in any order; {@code low} moves up to the first one that is still unused. Belongs to the connection's loop.
 */
final class SequenceWindow {
    /** Credits that a client may hold: as with Samba and Windows, and enough for a gigabyte under way in pieces of 128 KiB. */
    static final int MAX_CREDITS = 8192;

    /** Before anybody has logged on; a Mac needs 3, and 8 MiB would need 128. */
    static final int MAX_CREDITS_BEFORE_LOGON = 128;

    /** An id that stays unused may hold the window back that far, while credits are granted anew beyond it. */
    private static final int SPAN = 2 * MAX_CREDITS;

    private final BitSet used = new BitSet(SPAN);
    private long low;
    private long high = 1;
    private int unused = 1;

    /** Uses the ids from {@code first} on; false where one was not granted or was used before, which ends the connection. */
    boolean consume(long first, int count) {
        if (first < low || count < 1 || first > high - count) {
            return false;
        }
        for (long id = first; id < first + count; id++) {
            if (used.get(slot(id))) {
                return false;
            }
        }
        for (long id = first; id < first + count; id++) {
            used.set(slot(id));
        }
        unused -= count;
        while (low < high && used.get(slot(low))) {
            used.clear(slot(low));
            low++;
        }
        return true;
    }

    /**
     * Grants credits: what was asked for as long as the client does not hold too many, and one at least if it would otherwise have none.
     *
     * @return how many
     */
    int grant(int requested, boolean loggedOn) {
        int ceiling = loggedOn ? MAX_CREDITS : MAX_CREDITS_BEFORE_LOGON;
        int room = Math.min(ceiling - unused, (int) (SPAN - (high - low)));
        int granted = Math.max(0, Math.min(Math.max(1, requested), room));
        high += granted;
        unused += granted;
        return granted;
    }

    private static int slot(long id) {
        return (int) (id & (SPAN - 1));
    }
}
