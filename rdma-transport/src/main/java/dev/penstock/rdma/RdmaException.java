package dev.penstock.rdma;

import java.io.IOException;

/** An RDMA operation that failed, with its status. */
public final class RdmaException extends IOException {
    private static final long serialVersionUID = 1L;

    private final RdmaStatus status;

    /** A failure with its reason in words. */
    public RdmaException(RdmaStatus status, String message) {
        super(message);
        this.status = status;
    }

    /** What kind of failure. */
    public RdmaStatus status() {
        return status;
    }
}
