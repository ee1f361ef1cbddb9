package dev.penstock.smb.handler;

import dev.penstock.smb.state.DurableHandle;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.CreateContext;
import dev.penstock.smb.wire.smb2.DurableContext;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which handles outlive their connections, and who gets one back. [MS-SMB2] 3.3.5.9.6 to 3.3.5.9.12. Pure. */
final class DurableRules {
    /** As with Windows: handles of version 1 wait for sixteen minutes. */
    private static final long FIRST_MILLIS = 16 * 60_000L;

    /** Version 2 where the client leaves it to the server. */
    private static final long SECOND_MILLIS = 60_000;

    /** More than this nobody gets: a laptop that sleeps longer opens its files anew. */
    private static final long MOST_MILLIS = 300_000;

    private DurableRules() {}

    /** How long a handle will wait for its client; 0 where what it keeps is not enough for that. */
    static long timeout(DurableContext asked, Create.Response response) {
        boolean folder = (response.fileAttributes() & dev.penstock.smb.wire.fscc.FileAttributes.DIRECTORY) != 0;
        boolean keeps = switch (response.oplockLevel()) {
            case Create.OPLOCK_BATCH -> true;
            case Create.OPLOCK_LEASE -> keepsHandle(response);
            default -> false;
        };
        if (folder || !keeps) {
            return 0;
        }
        return switch (asked) {
            case DurableContext.Request _ -> FIRST_MILLIS;
            case DurableContext.RequestV2 second ->
                second.timeout() == 0 ? SECOND_MILLIS : Math.min(second.timeout(), MOST_MILLIS);
            case DurableContext.Reconnect _ -> 0;
        };
    }

    private static boolean keepsHandle(Create.Response response) {
        for (CreateContext context : response.contexts()) {
            if (context.name().equals(LeaseContext.NAME)) {
                LeaseContext lease = lease(context.data());
                return lease != null && (lease.state() & LeaseState.HANDLE) != 0;
            }
        }
        return false;
    }

    /** Why a handle is not given back to whoever asks for it, or null. */
    static @Nullable NtStatus againstReconnect(
            DurableHandle handle, DurableHandle.Owner asker, DurableContext.Reconnect asked, Create.Request request) {
        LeaseContext had = leaseOf(handle.request());
        Blob context =
                request.context(LeaseContext.NAME); // whatever the oplock level: the other fields mean nothing here
        LeaseContext named = context == null ? null : lease(context);
        boolean sameClient = handle.owner().client().equals(asker.client());
        // The first version's context has no GUID, and is good for a handle that has one.
        boolean sameGuid = asked.createGuid() == null || asked.createGuid().equals(orNone(handle.createGuid()));
        if (!sameGuid
                || (had != null && !sameClient)
                || (had == null) != (named == null)
                || (had != null && named != null && !isSame(had, named))
                || !handle.owner().tree().share().equals(asker.tree().share())) {
            return NtStatus.OBJECT_NAME_NOT_FOUND;
        }
        if (!handle.owner().user().equals(asker.user())) {
            return NtStatus.ACCESS_DENIED;
        }
        // Only where a lease can tell that a name has changed is the name looked at.
        boolean named2 = had == null || fold(handle.open().name()).equals(fold(request.name()));
        return named2 ? null : NtStatus.INVALID_PARAMETER;
    }

    private static boolean isSame(LeaseContext one, LeaseContext other) {
        return one.key().equals(other.key()) && one.version() == other.version();
    }

    /** A handle of version 1 is given back by either version's context; it has no GUID. */
    private static Guid orNone(@Nullable Guid guid) {
        return guid == null ? new Guid(0, 0) : guid;
    }

    private static String fold(String name) {
        return name.toUpperCase(Locale.ROOT);
    }

    /** The answer to a CREATE that was sent again: what the handle keeps now, or the oplock that is asked for this time. */
    static Create.Response again(DurableHandle handle, Create.Request request, @Nullable LeaseContext lease) {
        Create.Response first = handle.response();
        if (first.oplockLevel() == Create.OPLOCK_LEASE) {
            return lease == null ? first : first.without(LeaseContext.NAME).with(lease.toContext());
        }
        int level = request.requestedOplockLevel();
        Create.Response now = first.withOplock(level);
        return level == Create.OPLOCK_BATCH ? now : now.without(DurableContext.REQUEST_V2);
    }

    /** Why a CREATE that was sent again is not answered again, or null. 3.3.5.9.10 */
    static @Nullable NtStatus againstReplay(
            DurableHandle handle, DurableHandle.Owner asker, Create.Request request, boolean waiting) {
        if (!handle.owner().user().equals(asker.user())) {
            return NtStatus.ACCESS_DENIED;
        }
        if (waiting || handle.owner().sessionId() != asker.sessionId()) {
            return NtStatus.DUPLICATE_OBJECTID;
        }
        return hasLeaseOf(request, handle) ? null : NtStatus.ACCESS_DENIED;
    }

    /** Whether a CREATE asks for the lease that the one asked for that gave the handle, or for none as that did. */
    private static boolean hasLeaseOf(Create.Request request, DurableHandle handle) {
        LeaseContext had = leaseOf(handle.request());
        LeaseContext named = leaseOf(request);
        Guid key = had == null ? null : had.key();
        return (had == null) == (named == null) && (named == null || named.key().equals(key));
    }

    /** Why a handle is not given to a client that sends the CREATE of it again after it has come back, or null. */
    static @Nullable NtStatus againstUnheard(DurableHandle handle, DurableHandle.Owner asker, Create.Request request) {
        if (!handle.owner().user().equals(asker.user())) {
            return NtStatus.ACCESS_DENIED;
        }
        boolean same = handle.owner().tree().share().equals(asker.tree().share())
                && fold(handle.open().name()).equals(fold(request.name()))
                && hasLeaseOf(request, handle);
        return same ? null : NtStatus.DUPLICATE_OBJECTID;
    }

    /** The first answer, which was not heard, with what the handle keeps now. */
    static Create.Response missed(DurableHandle handle, Create.Response now) {
        Create.Response first = handle.response();
        Create.Response answer = first.without(LeaseContext.NAME);
        for (CreateContext context : now.contexts()) {
            answer = context.name().equals(LeaseContext.NAME) ? answer.with(context) : answer;
        }
        return answer.withOplock(now.oplockLevel());
    }

    private static @Nullable LeaseContext leaseOf(Create.Request request) {
        Blob data = request.requestedOplockLevel() == Create.OPLOCK_LEASE ? request.context(LeaseContext.NAME) : null;
        return data == null ? null : lease(data);
    }

    private static @Nullable LeaseContext lease(Blob data) {
        try {
            return LeaseContext.decode(data);
        } catch (MalformedMessage _) {
            return null;
        }
    }
}
