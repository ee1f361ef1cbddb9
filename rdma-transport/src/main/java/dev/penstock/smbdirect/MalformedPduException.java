package dev.penstock.smbdirect;

/** Bytes that are not what [MS-SMBD] allows. Without a stack trace: it is the peer's mistake, not ours. */
public final class MalformedPduException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What is wrong. */
    public MalformedPduException(String message) {
        super(message, null, false, false);
    }
}
