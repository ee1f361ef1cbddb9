package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.watch.FolderWatch;
import dev.penstock.smb.volume.watch.Watches;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** CHANGE_NOTIFY on one open. [MS-SMB2] 3.3.5.19. The field is guarded by the node's lock. */
final class Watching {
    private final FileOpen open;
    private @Nullable FolderWatch watch;

    Watching(FileOpen open) {
        this.open = open;
    }

    Outcome next(ChangeNotify.Request request) throws Refusal {
        Refusal.unless(open.isFolder(), NtStatus.INVALID_PARAMETER);
        Refusal.unless(open.has(AccessMask.READ_DATA), NtStatus.ACCESS_DENIED);
        FolderWatch found;
        open.node().lock.lock();
        try {
            Refusal.unless(!open.node().deletePending, NtStatus.DELETE_PENDING);
            if (watch == null) {
                UnaryOperator<String> names = open.manners().session() ? DiskNames::compose : UnaryOperator.identity();
                watch = watches().add(open.location().path(), request, names);
                open.host().watch((request.flags() & ChangeNotify.WATCH_TREE) != 0);
            }
            found = Objects.requireNonNull(watch);
        } finally {
            open.node().lock.unlock();
        }
        return found.next(request.outputBufferLength());
    }

    /** The folder will be deleted: nobody needs to hear any more of it. With the node's lock held. */
    void deletePending() {
        if (watch != null) {
            watch.end(NtStatus.DELETE_PENDING);
        }
    }

    /** The handle closes. With the node's lock held. */
    void close() {
        if (watch != null) {
            watches().remove(open.location().path(), watch);
            watch.end(NtStatus.NOTIFY_CLEANUP);
        }
    }

    private Watches watches() {
        return open.volume().changes().watches();
    }
}
