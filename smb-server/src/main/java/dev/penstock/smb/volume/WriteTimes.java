package dev.penstock.smb.volume;

import dev.penstock.smb.wire.dtyp.FileTime;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The time of the last write of one file as clients of Windows know it. [MS-FSA] 2.1.4.17.
 *
 * <p>POSIX moves it with every write. Windows notes a write with the handle and shows it late: the first write through a handle moves the
 * time two seconds later; what that handle writes from then on shows when it is flushed or closed. Setting the length shows at once, and
 * setting basic information brings what is owed up to date. Editors compare the times that they saw last with the ones they see now,
 * and take a difference for somebody else's write.
 *
 * <p>So the file's own time is always the true one, and what is kept here is what to show instead while somebody has it open. There is
 * no timer: what is due is looked at when somebody asks. Any thread; no other lock is taken under this one.
 */
final class WriteTimes {
    /** How much later the first write through a handle shows. */
    static final long DELAY = 20_000_000;

    /** At closing, a file's own time that is no older than this is left as it is: it is that of the last write. */
    static final long CLOSE_ENOUGH = 5_000_000;

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();

    /** What to show, or 0 for the file's own. */
    private long shown;

    /** How many writers owe: whose write the time shown does not have yet. */
    private int owing;

    private long dueAt;
    private long dueTime;
    private @Nullable Writer due;

    WriteTimes(InstantSource clock) {
        this.clock = clock;
    }

    /** One handle's part. Guarded by the lock of the times that it belongs to. */
    static final class Writer {
        private boolean announced;
        private boolean owes;
    }

    /** What to show of a file whose own time is {@code own}. FILETIMEs. */
    long shown(long own) {
        lock.lock();
        try {
            moveWhatIsDue(now());
            return shown != 0 ? shown : own;
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@link #wrote} must be told what the file's own time was before the write. */
    boolean wantsTimeBefore(Writer writer) {
        lock.lock();
        try {
            if (due != null) {
                moveWhatIsDue(now());
            }
            return shown == 0 && !writer.owes;
        } finally {
            lock.unlock();
        }
    }

    /** Something was written. */
    void wrote(Writer writer, long before) {
        lock.lock();
        try {
            // The clock is asked only where it matters: of many writes in a row it does for the first.
            long now = due != null || !writer.announced ? now() : 0;
            moveWhatIsDue(now);
            if (shown == 0 && !writer.owes) {
                shown = before;
            }
            owing += writer.owes ? 0 : 1;
            writer.owes = true;
            if (!writer.announced) {
                writer.announced = true;
                due = writer;
                dueTime = now;
                dueAt = now + DELAY;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The length was set, the file was flushed, somebody set the time himself, or the handle's client is away: the file's own time shows from
     * now on.
     */
    void reveal(Writer writer) {
        lock.lock();
        try {
            settle(writer);
            writer.announced = true;
        } finally {
            lock.unlock();
        }
    }

    /** Basic information is set: the time to give to the file for what this handle has written unseen, or 0. */
    long revealed(Writer writer) {
        lock.lock();
        try {
            moveWhatIsDue(now());
            boolean owed = writer.owes;
            settle(writer);
            return owed ? now() : 0;
        } finally {
            lock.unlock();
        }
    }

    /** The handle closes: the time to give to the file, or 0 where its own is right. */
    long closed(Writer writer, long own) {
        lock.lock();
        try {
            long now = now();
            moveWhatIsDue(now);
            long time = 0;
            if (writer.owes) {
                time = now - own > CLOSE_ENOUGH ? now : 0;
                settle(writer);
            } else if (writer.announced && shown != 0 && owing == 0) {
                time = shown;
                shown = 0;
            }
            return time;
        } finally {
            lock.unlock();
        }
    }

    private void settle(Writer writer) {
        shown = 0;
        pay(writer);
        if (due == writer) {
            due = null;
        }
    }

    private void moveWhatIsDue(long now) {
        if (due != null && now >= dueAt) {
            shown = dueTime;
            pay(due);
            due = null;
        }
    }

    private void pay(Writer writer) {
        owing -= writer.owes ? 1 : 0;
        writer.owes = false;
    }

    private long now() {
        return FileTime.of(clock.instant());
    }
}
