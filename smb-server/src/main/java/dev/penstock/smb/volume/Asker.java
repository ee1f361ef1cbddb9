package dev.penstock.smb.volume;

import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.User;
import dev.penstock.smb.volume.caching.FileCaching;
import dev.penstock.smb.volume.caching.Grant;
import dev.penstock.smb.volume.caching.LeaseId;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import org.jspecify.annotations.Nullable;

/** Who makes a CREATE, and what of the file they ask to keep. [MS-SMB2] 3.3.5.9.8, 3.3.5.9.11. Used by one thread. */
final class Asker {
    private static final int STAT = AccessMask.READ_ATTRIBUTES | AccessMask.WRITE_ATTRIBUTES | AccessMask.SYNCHRONIZE;

    private final RequestContext context;
    private final Retried attempts;
    private final int oplock;
    private final @Nullable LeaseContext wanted;
    private final @Nullable LeaseId lease;

    private Asker(RequestContext context, Retried attempts, int oplock, @Nullable LeaseContext wanted) {
        this.context = context;
        this.attempts = attempts;
        this.oplock = oplock;
        this.wanted = wanted;
        this.lease = wanted == null ? null : new LeaseId(context.client().guid(), wanted.key());
    }

    static Asker of(RequestContext context, Retried attempts, Create.Request request) throws Refusal {
        int oplock = request.requestedOplockLevel();
        Blob data = oplock == Create.OPLOCK_LEASE ? request.context(LeaseContext.NAME) : null;
        try {
            return new Asker(context, attempts, oplock, data == null ? null : LeaseContext.decode(data));
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
    }

    /** For what has a place in a file, and keeps nothing of it. */
    Asker withoutCaching() {
        return new Asker(context, attempts, Create.OPLOCK_NONE, null);
    }

    User user() {
        return context.user();
    }

    /** The lease on the folder that the client tells of with the one it asks for; null where it tells of none. */
    @Nullable
    LeaseId parentLease() {
        return wanted != null && wanted.hasParent()
                ? new LeaseId(context.client().guid(), wanted.parentKey())
                : null;
    }

    /** A lease is about one file: the same key for another, here one that is not there yet, is refused. */
    void checkLeaseIsFree(LocalVolume volume) throws Refusal {
        Refusal.unless(lease == null || volume.leases().find(lease) == null, NtStatus.INVALID_PARAMETER);
    }

    /** Takes back what others keep of a file and this open does not suit, then refuses what they do not share. With the node's lock held. */
    void checkSharing(LocalVolume volume, Node node, int access, Create.Request request) throws Refusal {
        boolean violation = node.isViolation(access, request.shareAccess());
        Grant known = lease == null ? null : volume.leases().find(lease);
        Refusal.unless(known == null || known.file().equals(node.caching), NtStatus.INVALID_PARAMETER);
        if (!node.caching.isEmpty()
                && node.caching.mustWait(
                        new FileCaching.Opening(access, request.replaces(), violation, attempts.first(), lease))) {
            throw attempts.waitFor(node);
        }
        Refusal.unless(!violation, NtStatus.SHARING_VIOLATION);
    }

    /** Gives a new open what can be given of what was asked for. With the node's lock held, the open among the node's. */
    void keep(FileOpen open) {
        boolean folder = open.isFolder();
        boolean suits = folder ? wanted != null && wanted.version() == 2 : oplock != Create.OPLOCK_NONE;
        if (!suits || (wanted == null && oplock == Create.OPLOCK_LEASE)) {
            open.caching().give(null, context.holder());
            return;
        }
        Node node = open.node();
        boolean others = node.opens.stream()
                .anyMatch(other -> !other.equals(open) && (other.access() & ~STAT) != 0 && !sharesLease(other));
        boolean locked = !node.ranges.isEmpty();
        int state = wanted == null ? LeaseState.ofOplock(oplock) : wanted.state();
        var wish = new FileCaching.Wish(lease, wanted, state, others, locked, folder);
        open.caching().give(node.caching.grant(wish, context.holder(), context.alarms()), context.holder());
        open.host().kept();
    }

    private boolean sharesLease(FileOpen other) {
        Grant grant = other.caching().grant();
        return lease != null && grant != null && lease.equals(grant.lease());
    }
}
