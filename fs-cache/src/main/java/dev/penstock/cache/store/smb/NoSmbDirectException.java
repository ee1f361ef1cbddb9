package dev.penstock.cache.store.smb;

import java.io.IOException;

/** A store does not speak SMB Direct where it was asked to, or not by the device that it was asked with. */
public final class NoSmbDirectException extends IOException {
    private static final long serialVersionUID = 1L;

    NoSmbDirectException(String message, Throwable cause) {
        super(message, cause);
    }
}
