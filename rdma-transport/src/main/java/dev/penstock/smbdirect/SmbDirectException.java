package dev.penstock.smbdirect;

import java.io.IOException;

/** Something asked of a connection that failed, or of a connection that is over. */
public final class SmbDirectException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What failed. */
    public SmbDirectException(String message) {
        super(message);
    }
}
