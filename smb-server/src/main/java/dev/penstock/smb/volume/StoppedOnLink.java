package dev.penstock.smb.volume;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.erref.NtStatus;

/** A path leads through a symbolic link: the client is told where to, and goes on by itself. [MS-SMB2] 2.2.2.2.1. */
final class StoppedOnLink extends Refusal {
    private static final long serialVersionUID = 1L;

    private final transient Blob data;

    StoppedOnLink(Blob data) {
        super(NtStatus.STOPPED_ON_SYMLINK);
        this.data = data;
    }

    @Override
    Blob data() {
        return data;
    }
}
