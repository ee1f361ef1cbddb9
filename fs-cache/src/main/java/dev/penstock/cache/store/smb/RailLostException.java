package dev.penstock.cache.store.smb;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A way to the share was lost under a request, which another one may do. */
final class RailLostException extends IOException {
    private static final long serialVersionUID = 1L;

    RailLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
