package dev.penstock.smb.volume.caching;

import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Holder;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** All that clients may keep of one file, and those who wait for some of it to be given up. Guarded by the node's lock. */
public final class FileCaching {
    private static final int STAT = AccessMask.READ_ATTRIBUTES | AccessMask.WRITE_ATTRIBUTES | AccessMask.SYNCHRONIZE;

    /** What an open may want without being noticed by leases. */
    private static final int LEASE_STAT = STAT | AccessMask.READ_CONTROL;

    private final ReentrantLock lock;
    private final Leases leases;
    private final List<Grant> grants = new ArrayList<>(1);
    private final List<Runnable> waiting = new ArrayList<>();

    private boolean folder;

    /** Whether a write has anybody to tell: read without the lock by every write. */
    private volatile boolean shared;

    /** For a node with this lock, in a volume with these leases. */
    public FileCaching(ReentrantLock lock, Leases leases) {
        this.lock = lock;
        this.leases = leases;
    }

    /**
     * An open that is about to be.
     *
     * @param lease the asker's own, which is never broken by its client
     * @param violation whether it would be refused as long as the others have the file open
     * @param first false where it has waited already
     */
    public record Opening(
            int access,
            boolean overwrites,
            boolean violation,
            boolean first,
            @Nullable LeaseId lease) {}

    /** True where nobody keeps anything. */
    public boolean isEmpty() {
        return grants.isEmpty();
    }

    /** Takes back what stands against an open; true where it has to wait for that and then be looked at anew. */
    public boolean mustWait(Opening opening) {
        if ((opening.access & ~STAT) == 0 && !opening.overwrites) {
            return false;
        }
        // Whoever has kept a handle open only for itself gets the chance to close it before anybody is refused.
        int wanted = opening.violation ? LeaseState.HANDLE : LeaseState.WRITE;
        boolean empties = opening.overwrites && !opening.violation;
        boolean wait = false;
        for (Grant grant : List.copyOf(grants)) {
            if (isOwn(grant, opening.lease)
                    || (grant.isLease() && (opening.access & ~LEASE_STAT) == 0 && !opening.overwrites)) {
                continue;
            }
            int state = grant.state();
            int to = state & ~wanted & (empties ? LeaseState.WRITE : LeaseState.ALL);
            if (to == state) {
                wait |= grant.unsettled();
                continue;
            }
            if (empties) {
                to = LeaseState.NONE;
            }
            if (!grant.isLease()) {
                to &= LeaseState.READ;
            }
            boolean mattered = (state & wanted) != 0 || (grant.breaking() && !opening.first);
            grant.breakTo(to);
            wait |= mattered && grant.unsettled();
        }
        return wait;
    }

    private static boolean isOwn(Grant grant, @Nullable LeaseId lease) {
        return lease != null && lease.equals(grant.lease());
    }

    /**
     * What a new handle asks to keep.
     *
     * @param lease null for an oplock
     * @param state wanted, in the terms of a lease
     * @param others whether anybody else has the file open for more than its attributes
     * @param locked whether there are byte-range locks
     * @param folder whether it is a folder, where nothing can be written back
     */
    public record Wish(
            @Nullable LeaseId lease,
            @Nullable LeaseContext context,
            int state,
            boolean others,
            boolean locked,
            boolean folder) {}

    /**
     * Grants what can be granted of a wish; null where that is nothing, unless it is a lease, which is kept even so: it has a key.
     *
     * @param holder of the new handle, who gives it back by {@link #closed}
     */
    public @Nullable Grant grant(Wish wish, Holder holder, Alarms alarms) {
        int state = possible(wish);
        LeaseId id = wish.lease;
        Grant known = id == null ? null : leases.find(id);
        if (known != null) {
            // Nothing is written back to a folder: who asks for that has asked for the rest.
            known.upgrade(wish.folder ? wish.state & ~LeaseState.WRITE : wish.state, state);
            known.holders().add(holder);
            update();
            return known;
        }
        if (id == null && state == LeaseState.NONE) {
            return null;
        }
        var grant = new Grant(this, alarms, id, wish.context, state);
        if (id != null && !leases.add(id, grant)) {
            return null; // the same client has just now taken it for another file
        }
        grant.holders().add(holder);
        if (wish.folder) {
            leases.folderAdded();
            folder = true;
        }
        grants.add(grant);
        update();
        return grant;
    }

    private int possible(Wish wish) {
        boolean otherLease = false;
        boolean otherOplock = false;
        boolean otherHandle = false;
        boolean otherWrite = false;
        for (Grant grant : grants) {
            if (!isOwn(grant, wish.lease)) {
                otherLease |= grant.isLease();
                otherOplock |= !grant.isLease();
                otherWrite |= (grant.state() & LeaseState.WRITE) != 0;
                otherHandle |= (grant.state() & LeaseState.HANDLE) != 0;
            }
        }
        int state = wish.state;
        if (wish.folder) {
            state &= ~LeaseState.WRITE;
        }
        if (wish.locked) {
            state = LeaseState.NONE; // others' reads would not be checked against the locks
        }
        if ((state & LeaseState.READ) == 0) {
            return LeaseState.NONE; // whoever writes back or keeps a handle reads
        }
        if (otherLease || otherOplock || wish.others) {
            state &= ~LeaseState.WRITE;
        }
        if (wish.lease != null) {
            return otherOplock ? state & ~LeaseState.HANDLE : state;
        }
        // Only an open that looks at attributes gets here beside somebody who may write back.
        return otherHandle || otherWrite ? LeaseState.NONE : LeaseState.ofOplock(LeaseState.toOplock(state));
    }

    /** False where nobody would be told by {@link #contend}: a hint, right at its moment, that takes no lock. */
    public boolean isShared() {
        return shared;
    }

    /** Data or its end changes, or is locked: nobody may keep any of it but the writer's own lease. */
    public void contend(@Nullable Grant own) {
        for (Grant grant : List.copyOf(grants)) {
            boolean writers = (grant.state() & LeaseState.WRITE) != 0;
            if (writers || (grant.equals(own) && grant.isLease())) {
                continue; // whoever may write back is alone, but for handles that only look
            }
            grant.breakTo(LeaseState.NONE);
            if (!grant.isLease() && grant.state() == LeaseState.NONE) {
                grants.remove(grant);
            }
        }
        update();
    }

    /** Somebody who is no client has changed it: nobody's copy is right any more, not even that of one who may write back. */
    public void outdated() {
        for (Grant grant : List.copyOf(grants)) {
            grant.breakTo(LeaseState.NONE);
            if (!grant.isLease() && grant.state() == LeaseState.NONE) {
                grants.remove(grant);
            }
        }
        update();
    }

    /** What is in a folder changes: nobody may keep any of it but the lease that the one who changes it has named. */
    public void contendFolder(@Nullable LeaseId own) {
        for (Grant grant : List.copyOf(grants)) {
            if (!isOwn(grant, own)) {
                grant.breakTo(LeaseState.NONE);
            }
        }
    }

    /** The name changes or goes: handles kept open for nobody must be closed first. True where that has to be waited for. */
    public boolean breakHandles(@Nullable Grant own) {
        boolean wait = false;
        for (Grant grant : List.copyOf(grants)) {
            boolean keeps = (grant.state() & LeaseState.HANDLE) != 0 && grant.isLease();
            if (keeps && !grant.equals(own)) {
                grant.breakTo(LeaseState.READ | LeaseState.WRITE);
                wait |= grant.unsettled();
            }
        }
        return wait;
    }

    /** The file is to go: handles that wait for their clients are closed, which alone would keep it. */
    public void expireWaiting() {
        for (Grant grant : grants) {
            List.copyOf(grant.holders()).forEach(Holder::expireIfAway);
        }
    }

    /** Runs the task once, as soon as something was given up. */
    public void await(Runnable retry) {
        waiting.add(retry);
    }

    /** Something was given up, or a handle was closed: those who wait look again. */
    public void wake() {
        if (!waiting.isEmpty()) {
            var retries = List.copyOf(waiting);
            waiting.clear();
            retries.forEach(Runnable::run);
        }
    }

    /** A handle closes. */
    public void closed(@Nullable Grant grant, Holder holder) {
        if (grant != null && grant.holders().remove(holder) && grant.holders().isEmpty()) {
            grant.end();
            grants.remove(grant);
            LeaseId id = grant.lease();
            if (id != null) {
                leases.remove(id, grant);
            }
            if (folder) {
                leases.folderRemoved();
            }
        }
        update();
        wake();
    }

    /** A handle has another holder: its client has come back. */
    public static void moved(Grant grant, Holder from, Holder to) {
        grant.holders().remove(from);
        grant.holders().add(to);
    }

    /** OPLOCK_BREAK's acknowledgment for a lease. Takes the lock itself: whoever knows only the lease does not know the file. */
    public NtStatus acknowledgeLease(Grant grant, int kept) {
        lock.lock();
        try {
            return acknowledged(grant, grant.acknowledgeLease(kept));
        } finally {
            lock.unlock();
        }
    }

    /** OPLOCK_BREAK's acknowledgment for an oplock. */
    public NtStatus acknowledgeOplock(Grant grant, int level) {
        return acknowledged(grant, grant.acknowledgeOplock(level));
    }

    private NtStatus acknowledged(Grant grant, NtStatus status) {
        if (!grant.isLease() && grant.state() == LeaseState.NONE && !grant.breaking()) {
            grants.remove(grant);
        }
        update();
        wake();
        return status;
    }

    /** The client has not answered in time. Takes the lock itself. */
    void expired(Grant grant) {
        lock.lock();
        try {
            if (grant.expire()) {
                acknowledged(grant, NtStatus.SUCCESS);
            }
        } finally {
            lock.unlock();
        }
    }

    private void update() {
        boolean any = false;
        for (Grant grant : grants) {
            any |= grant.state() != LeaseState.NONE;
        }
        shared = any;
    }
}
