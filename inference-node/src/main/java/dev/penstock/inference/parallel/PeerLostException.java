package dev.penstock.inference.parallel;

import java.io.IOException;

/** Another rank has died, hangs, or cannot be reached: this group computes nothing any more. */
public final class PeerLostException extends IOException {
    private static final long serialVersionUID = 1L;

    /** With a message for people. */
    public PeerLostException(String message) {
        super(message);
    }

    /** With a message for people and what brought it to light. */
    public PeerLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
