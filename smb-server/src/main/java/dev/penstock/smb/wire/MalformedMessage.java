package dev.penstock.smb.wire;

/** Bytes that do not follow their specification. Without a stack trace: a peer can cause any number of these. */
public final class MalformedMessage extends Exception {
    private static final long serialVersionUID = 1L;

    /** Says which field was wrong. */
    public MalformedMessage(String reason) {
        super(reason, null, false, false);
    }
}
