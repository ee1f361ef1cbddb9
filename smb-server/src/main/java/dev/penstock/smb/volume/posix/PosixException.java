package dev.penstock.smb.volume.posix;

import java.io.IOException;

/** A file call that failed, with the C library's errno. */
public final class PosixException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /** A failure of a call, or of what stands for one. */
    public PosixException(String call, int errno) {
        super(call + " failed: errno " + errno);
        this.errno = errno;
    }

    /** The error number as this operating system counts it; compare it with {@link Errno}. */
    public int errno() {
        return errno;
    }

    /** Made for each failed look-up of a missing name: the stack would cost more than the call. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
