package dev.penstock.smb.command;

/**
 * What shares remember of a session, whichever of its trees they learned it through: Apple's client keeps what was negotiated per session,
 * not per share. Thread-safe.
 */
public final class SessionNotes {
    private volatile int appleCapabilities = -1;
    private volatile boolean fullSync;

    /** Whether the client has asked for Apple's extensions. */
    public boolean speaksApple() {
        return appleCapabilities >= 0;
    }

    /** Whether one of Apple's server capabilities was agreed on. */
    public boolean hasApple(int capability) {
        int agreed = appleCapabilities;
        return agreed >= 0 && (agreed & capability) != 0;
    }

    /** Whether the client was told that a flush can be asked to go through the drive's cache. */
    public boolean hasFullSync() {
        return fullSync;
    }

    /** Notes that it was told so: on whatever share it asks next, it is not told otherwise. */
    public void promiseFullSync() {
        fullSync = true;
    }

    /** Notes which of Apple's server capabilities were agreed on. */
    public void agreeApple(int capabilities) {
        appleCapabilities = capabilities;
    }
}
