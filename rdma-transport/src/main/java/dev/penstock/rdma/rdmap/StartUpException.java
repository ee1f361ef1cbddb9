package dev.penstock.rdma.rdmap;

/** A start-up message that cannot be one. Without a stack: it is the peer's mistake. */
public final class StartUpException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What is wrong with it. */
    public StartUpException(String message) {
        super(message, null, false, false);
    }
}
