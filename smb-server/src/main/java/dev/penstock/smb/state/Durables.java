package dev.penstock.smb.state;

import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.wire.dtyp.Guid;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles whose clients may ask for them again, held or waiting. [MS-SMB2] 3.3.5.9.6 to 3.3.5.9.12, 3.3.6.2 and 3.3.7.1. Thread-safe: one
 * lock, taken last, and nothing is closed under it. A handle is in one state, and whoever takes it out of the waiting ones has it alone:
 * a client that comes back, the timer and somebody in whose way it stands never meet on one.
 */
public final class Durables {
    private static final Logger LOG = LoggerFactory.getLogger(Durables.class);

    /** Waiting at the same time, of all clients; each holds a file. */
    private static final int MOST_WAITING = 16_384;

    private final Alarms alarms;
    private final Executor io;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Kept> byId = new HashMap<>();
    private final Map<CreateKey, Kept> byGuid = new HashMap<>();
    private final Set<CreateKey> pending = new HashSet<>();
    private int waiting;

    private record CreateKey(Guid client, Guid create) {}

    private static final class Kept {
        private DurableHandle handle;
        private boolean waiting;
        private Alarms.@Nullable Alarm alarm;

        Kept(DurableHandle handle) {
            this.handle = handle;
        }
    }

    /** A table whose handles time out by these alarms, and are closed on these threads. */
    public Durables(Alarms alarms, Executor io) {
        this.alarms = alarms;
        this.io = io;
    }

    /** What a CREATE with this GUID finds. */
    public sealed interface Found {
        /** Nothing: it goes on, and tells by {@link #created} when it has. */
        record Nothing() implements Found {}

        /** The same CREATE is still under way. */
        record Pending() implements Found {}

        /** The handle is there already. */
        record Handle(DurableHandle handle, boolean waiting) implements Found {}
    }

    /** Starts a CREATE that can be replayed. */
    public Found creating(Guid client, Guid create) {
        var key = new CreateKey(client, create);
        lock.lock();
        try {
            Kept kept = byGuid.get(key);
            if (kept != null && kept.handle.replayable()) {
                return new Found.Handle(kept.handle, kept.waiting);
            }
            return pending.add(key) ? new Found.Nothing() : new Found.Pending();
        } finally {
            lock.unlock();
        }
    }

    /** A CREATE that {@link #creating} let start has ended, whatever came of it. */
    public void created(Guid client, Guid create) {
        lock.lock();
        try {
            pending.remove(new CreateKey(client, create));
        } finally {
            lock.unlock();
        }
    }

    /** Remembers a handle that was given to its client. */
    public void add(DurableHandle handle) {
        var kept = new Kept(handle);
        lock.lock();
        try {
            byId.put(handle.persistentId(), kept);
            Guid create = handle.createGuid();
            if (create != null) {
                byGuid.put(new CreateKey(handle.owner().client(), create), kept);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The handle was closed by its client, or is not to be asked for again. False where it is not held any more. */
    public boolean remove(DurableHandle handle) {
        lock.lock();
        try {
            Kept kept = byId.get(handle.persistentId());
            return kept != null && kept.handle.equals(handle) && !kept.waiting && forget(kept);
        } finally {
            lock.unlock();
        }
    }

    private boolean forget(Kept kept) {
        byId.remove(kept.handle.persistentId());
        Guid create = kept.handle.createGuid();
        if (create != null) {
            byGuid.remove(new CreateKey(kept.handle.owner().client(), create));
        }
        if (kept.waiting) {
            waiting--;
        }
        if (kept.alarm != null) {
            kept.alarm.cancel();
        }
        return true;
    }

    /** The client is gone, and the handle waits for it; false where it does not, and must be closed. */
    public boolean detach(DurableHandle handle) {
        lock.lock();
        try {
            Kept kept = byId.get(handle.persistentId());
            if (kept == null || !kept.handle.equals(handle) || kept.waiting) {
                return false;
            }
            if (handle.timeoutMillis() == 0 || waiting >= MOST_WAITING) {
                forget(kept);
                return false;
            }
            kept.waiting = true;
            waiting++;
            kept.alarm = alarms.after(handle.timeoutMillis(), () -> expire(handle));
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The handle under this id if its client is gone, or null. */
    public @Nullable DurableHandle waiting(long persistentId) {
        lock.lock();
        try {
            Kept kept = byId.get(persistentId);
            return kept != null && kept.waiting ? kept.handle : null;
        } finally {
            lock.unlock();
        }
    }

    /** Its client has come back; null where it was just being closed, or somebody else had it first. */
    public @Nullable DurableHandle attach(DurableHandle handle, DurableHandle.Owner owner) {
        lock.lock();
        try {
            Kept kept = byId.get(handle.persistentId());
            if (kept == null || !kept.handle.equals(handle) || !kept.waiting) {
                return null;
            }
            forget(kept);
            kept.waiting = false;
            kept.alarm = null;
            DurableHandle next = handle.ownedBy(owner);
            add(next);
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** Nobody has come, or it stands in somebody's way. Closes it unless it is held. */
    public void expire(DurableHandle handle) {
        expire(handle, () -> {});
    }

    /** The same; {@code then} runs when it is closed, on any thread. False, and nothing runs, where it is held or not there any more. */
    public boolean expire(DurableHandle handle, Runnable then) {
        lock.lock();
        try {
            Kept kept = byId.get(handle.persistentId());
            if (kept == null || !kept.handle.equals(handle) || !kept.waiting) {
                return false;
            }
            forget(kept);
        } finally {
            lock.unlock();
        }
        io.execute(() -> {
            close(handle);
            then.run();
        });
        return true;
    }

    /** A moment's view of all handles, held or waiting. */
    public List<DurableHandle> all() {
        lock.lock();
        try {
            return byId.values().stream().map(kept -> kept.handle).toList();
        } finally {
            lock.unlock();
        }
    }

    private static void close(DurableHandle handle) {
        try {
            handle.open().abandon();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("a handle that nobody came back for could not be closed", e);
        }
    }

    /** The server stops: closes all that wait. */
    public void closeAll() {
        List<DurableHandle> left;
        lock.lock();
        try {
            left = byId.values().stream()
                    .filter(kept -> kept.waiting)
                    .map(kept -> kept.handle)
                    .toList();
            byId.clear();
            byGuid.clear();
            waiting = 0;
        } finally {
            lock.unlock();
        }
        left.forEach(Durables::close);
    }
}
