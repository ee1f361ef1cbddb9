package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The times that a handle keeps from changing. [MS-FSCC] 2.4.7: once a client has set a time through a handle, or set it to -1, what is
 * done through that handle no longer changes it, until it is set to -2. POSIX always changes them, so they are put back.
 */
final class Stamps {
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Long accessed;
    private @Nullable Long modified;
    private boolean disturbed;
    private volatile boolean inUse;

    /** Keeps times as they are from now on; null leaves one as it was. FILETIMEs. */
    void keep(@Nullable Long access, @Nullable Long modification) {
        lock.lock();
        try {
            accessed = access != null ? access : accessed;
            modified = modification != null ? modification : modified;
            inUse = accessed != null || modified != null;
        } finally {
            lock.unlock();
        }
    }

    /** Whether any time is kept, so that what is done has to put it back. Never waits. */
    boolean isInUse() {
        return inUse;
    }

    /** Whether writes leave the time of the last write as it is. */
    boolean keepsWriteTime() {
        lock.lock();
        try {
            return modified != null;
        } finally {
            lock.unlock();
        }
    }

    /** Lets times change again. */
    void thaw(boolean access, boolean modification, FileHandle file) throws PosixException {
        settle(file);
        lock.lock();
        try {
            accessed = access ? null : accessed;
            modified = modification ? null : modified;
            inUse = accessed != null || modified != null;
        } finally {
            lock.unlock();
        }
    }

    /** Keeps what the file has now. */
    void freeze(boolean access, boolean modification, FileStat stat) {
        keep(access ? stat.accessed() : null, modification ? stat.modified() : null);
    }

    /** Something was done that may have changed the times. */
    void disturb(FileHandle file) throws PosixException {
        lock.lock();
        try {
            if (accessed != null || modified != null) {
                disturbed = true;
            }
        } finally {
            lock.unlock();
        }
        settle(file);
    }

    /** Puts kept times back. */
    void settle(FileHandle file) throws PosixException {
        lock.lock();
        try {
            if (disturbed) {
                Posix.setTimes(file, accessed, modified);
                disturbed = false;
            }
        } finally {
            lock.unlock();
        }
    }
}
