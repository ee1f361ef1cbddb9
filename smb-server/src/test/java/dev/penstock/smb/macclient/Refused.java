package dev.penstock.smb.macclient;

import dev.penstock.smb.wire.erref.NtStatus;

/** The server said no. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final NtStatus status;

    Refused(String what, NtStatus status) {
        super(what + ": " + status);
        this.status = status;
    }

    NtStatus status() {
        return status;
    }
}
