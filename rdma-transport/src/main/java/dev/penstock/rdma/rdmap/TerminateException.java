package dev.penstock.rdma.rdmap;

/** A stream that has to end because of what the peer sent. Without a stack trace: it is the peer's mistake, not ours. */
public final class TerminateException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Terminate cause;

    /** What to tell the peer. */
    public TerminateException(Terminate cause) {
        super(cause.toString(), null, false, false);
        this.cause = cause;
    }

    /** What to tell the peer. */
    public Terminate terminate() {
        return cause;
    }
}
