package dev.penstock.smb.volume.posix;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file descriptor. Calls under way hold it, so that a close from another thread takes effect after the last of them and the
 * number is never used for a file opened meanwhile.
 */
public final class FileHandle implements AutoCloseable {
    private static final int CLOSING = 1 << 30;

    private final int fd;
    private final AtomicInteger uses = new AtomicInteger();

    FileHandle(int fd) {
        this.fd = fd;
    }

    /** The descriptor, for the length of one call; {@link #end} must follow. */
    int begin() throws PosixException {
        int seen = uses.get();
        while ((seen & CLOSING) == 0) {
            if (uses.compareAndSet(seen, seen + 1)) {
                return fd;
            }
            seen = uses.get();
        }
        throw new PosixException("a call on a closed handle", Errno.EIO);
    }

    void end() {
        if (uses.decrementAndGet() == CLOSING) {
            Posix.closeNow(fd);
        }
    }

    /** Closes the descriptor once no call is under way. A second close does nothing. */
    @Override
    public void close() {
        int seen = uses.get();
        while ((seen & CLOSING) == 0) {
            if (uses.compareAndSet(seen, seen | CLOSING)) {
                if (seen == 0) {
                    Posix.closeNow(fd);
                }
                return;
            }
            seen = uses.get();
        }
    }
}
