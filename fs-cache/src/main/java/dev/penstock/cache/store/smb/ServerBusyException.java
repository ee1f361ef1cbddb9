package dev.penstock.cache.store.smb;

import java.io.IOException;

/** The server has no memory for a request just now, and may have some soon. */
final class ServerBusyException extends IOException {
    private static final long serialVersionUID = 1L;

    ServerBusyException(String message) {
        super(message);
    }
}
