package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.caching.Grant;
import dev.penstock.smb.volume.caching.LeaseId;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseState;
import dev.penstock.smb.wire.smb2.OplockBreak;
import org.jspecify.annotations.Nullable;

/** What clients say about what they keep, and what names have to do with it. */
final class Keeping {
    private Keeping() {}

    /** [MS-SMB2] 3.3.5.22.2. */
    static Outcome acknowledge(LocalVolume volume, Guid client, LeaseBreak.Acknowledgment request) {
        Grant grant = volume.leases().find(new LeaseId(client, request.leaseKey()));
        if (grant == null) {
            return Outcome.failed(NtStatus.OBJECT_NAME_NOT_FOUND);
        }
        if ((request.leaseState() & ~LeaseState.ALL) != 0) {
            return Outcome.failed(NtStatus.INVALID_PARAMETER);
        }
        NtStatus status = grant.file().acknowledgeLease(grant, request.leaseState());
        return status == NtStatus.SUCCESS
                ? Outcome.done(new LeaseBreak.Response(request.leaseKey(), request.leaseState()))
                : Outcome.failed(status);
    }

    /** [MS-SMB2] 3.3.5.22.1. */
    static Outcome acknowledge(FileOpen open, OplockBreak.Acknowledgment request) {
        Node node = open.node();
        node.lock.lock();
        try {
            Grant grant = open.caching().grant();
            if (grant == null || grant.lease() != null) {
                return Outcome.failed(NtStatus.INVALID_OPLOCK_PROTOCOL);
            }
            NtStatus status = node.caching.acknowledgeOplock(grant, request.oplockLevel());
            int level = LeaseState.toOplock(grant.state());
            return status == NtStatus.SUCCESS
                    ? Outcome.done(new OplockBreak.Response(level, request.file()))
                    : Outcome.failed(status);
        } finally {
            node.lock.unlock();
        }
    }

    /** The file gets another name: who keeps it open for nobody closes it first. */
    static void breakHandles(Node node, @Nullable FileOpen except, Retried attempts) throws Refusal {
        node.lock.lock();
        try {
            if (node.caching.breakHandles(
                    except == null ? null : except.caching().grant())) {
                throw attempts.waitFor(node);
            }
        } finally {
            node.lock.unlock();
        }
    }
}
