package dev.penstock.smb.command;

import dev.penstock.smb.wire.smb2.LeaseBreak;

/**
 * The client that a handle was given to, for what it has to be told without having asked. It may have gone for a while, with its handle
 * waiting for it. Thread-safe; never blocks.
 */
public interface Holder {
    /** For whoever has no way to be told. */
    Holder NOBODY = new Holder() {
        @Override
        public boolean breakOplock(int level) {
            return false;
        }

        @Override
        public boolean breakLease(LeaseBreak.Notification notification) {
            return false;
        }

        @Override
        public void expire() {
            // There is nothing to give up.
        }
    };

    /**
     * The handle's oplock goes down to a level of OPLOCK_BREAK. Told after the CREATE was answered, whenever this is called.
     *
     * @return false where nobody is there
     */
    boolean breakOplock(int level);

    /**
     * A lease of the client goes down.
     *
     * @return false where nobody is there
     */
    boolean breakLease(LeaseBreak.Notification notification);

    /** Nobody is there, and the handle stands in somebody's way: it is closed before long. */
    void expire();

    /** The same if the client is away and the handle waits for it; nothing if it is there. */
    default void expireIfAway() {
        // Whoever has no way to be told is not waited for.
    }
}
