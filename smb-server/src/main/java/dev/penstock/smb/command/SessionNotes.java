package dev.penstock.smb.command;

/**
 * What shares remember of a session, whichever of its trees they learned it through: Apple's client keeps what was negotiated per session,
 * not per share. Thread-safe.
 */
public final class SessionNotes {
    private volatile int appleCapabilities = -1;

    /** Whether the client has asked for Apple's extensions. */
    public boolean speaksApple() {
        return appleCapabilities >= 0;
    }

    /** Whether one of Apple's server capabilities was agreed on. */
    public boolean hasApple(int capability) {
        int agreed = appleCapabilities;
        return agreed >= 0 && (agreed & capability) != 0;
    }

    /** Notes which of Apple's server capabilities were agreed on. */
    public void agreeApple(int capabilities) {
        appleCapabilities = capabilities;
    }
}
