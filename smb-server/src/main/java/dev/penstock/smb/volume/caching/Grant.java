package dev.penstock.smb.volume.caching;

import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Holder;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one client may keep of one file: the oplock of a handle, or the lease that several handles share. Guarded by the node's lock. */
public final class Grant {
    /** As long as Windows waits, and shorter than any client waits for whoever is kept waiting. [MS-SMB2] 3.3.2.1, 3.3.2.5 */
    static final long BREAK_MILLIS = 35_000;

    private final FileCaching file;
    private final Alarms alarms;
    private final @Nullable LeaseId lease;
    private final int version;
    private final Guid parentKey;
    private final boolean hasParent;
    private final List<Holder> holders = new ArrayList<>(1);
    private int epoch;
    private int state;

    /** Where a break under way goes, as the client was told; it may have to go further then. */
    private int breakingTo;

    private int required;
    private boolean breaking;

    /** Its handles are being closed, because nobody is there who could do it. */
    private boolean ending;

    private Alarms.@Nullable Alarm alarm;

    /** An oplock where {@code asked} is null. */
    Grant(FileCaching file, Alarms alarms, @Nullable LeaseId lease, @Nullable LeaseContext asked, int state) {
        this.file = file;
        this.alarms = alarms;
        this.lease = lease;
        this.version = asked == null ? 0 : asked.version();
        this.parentKey = asked == null ? new Guid(0, 0) : asked.parentKey();
        this.hasParent = asked != null && asked.hasParent();
        this.epoch = asked == null || version == 1 ? 0 : asked.epoch() + 1 & 0xffff;
        this.state = state;
    }

    /** The file that it is about. */
    public FileCaching file() {
        return file;
    }

    /** Null for an oplock. */
    public @Nullable LeaseId lease() {
        return lease;
    }

    /** What is granted now, break or not, in the terms of a lease. */
    public int state() {
        return state;
    }

    /** True while the client's acknowledgment is waited for. */
    public boolean breaking() {
        return breaking;
    }

    /** True while somebody in whose way it stands has to wait. */
    boolean unsettled() {
        return breaking || ending;
    }

    boolean isLease() {
        return lease != null;
    }

    List<Holder> holders() {
        return holders;
    }

    /** The lease that its client has on the folder above; null where it told of none. */
    public @Nullable LeaseId parent() {
        return hasParent && lease != null ? new LeaseId(lease.client(), parentKey) : null;
    }

    /** The context of the response to a CREATE. */
    public LeaseContext context() {
        LeaseId id = java.util.Objects.requireNonNull(lease);
        int flags = (breaking ? LeaseContext.BREAK_IN_PROGRESS : 0) | (hasParent ? LeaseContext.PARENT_KEY_SET : 0);
        return new LeaseContext(Math.max(1, version), id.key(), state, flags, parentKey, epoch);
    }

    /** More of the same client's right: all that was asked for, or nothing. */
    void upgrade(int asked, int possible) {
        boolean more = (state & asked) == state && asked != state;
        if (more && possible == asked && !breaking) {
            state = asked;
            nextEpoch();
        }
    }

    private void nextEpoch() {
        if (version == 2) {
            epoch = epoch + 1 & 0xffff;
        }
    }

    /** Takes back all but {@code target}. The answer tells whether anybody has to answer. */
    void breakTo(int target) {
        int to = state & target;
        if (breaking) {
            required &= to;
            return;
        }
        if (to == state) {
            return;
        }
        nextEpoch();
        start(to, to, state != LeaseState.READ);
    }

    private void start(int to, int finallyTo, boolean answer) {
        breaking = answer;
        breakingTo = to;
        required = finallyTo;
        boolean told = tell(to, answer);
        if (!answer || !told) {
            settle(finallyTo);
            if (!told) {
                // A handle that waits for its client does so only as long as nobody else wants the file. 3.3.4.6,
                // 3.3.4.7
                ending = true;
                List.copyOf(holders).forEach(Holder::expire);
            }
            return;
        }
        alarm = alarms.after(BREAK_MILLIS, () -> file.expired(this));
    }

    private boolean tell(int to, boolean answer) {
        LeaseId id = lease;
        for (Holder holder : List.copyOf(holders)) {
            boolean told = id == null
                    ? holder.breakOplock(LeaseState.toOplock(to))
                    : holder.breakLease(new LeaseBreak.Notification(
                            epoch, answer ? LeaseBreak.ACK_REQUIRED : 0, id.key(), state, to));
            if (told) {
                return true;
            }
        }
        return false;
    }

    private void settle(int now) {
        breaking = false;
        state = now;
        if (alarm != null) {
            alarm.cancel();
            alarm = null;
        }
    }

    /** The client has given up what it was asked to, and perhaps more. 3.3.5.22.2 */
    NtStatus acknowledgeLease(int kept) {
        if (!breaking) {
            return NtStatus.UNSUCCESSFUL;
        }
        if ((kept & breakingTo) != kept) {
            return NtStatus.REQUEST_NOT_ACCEPTED;
        }
        settle(kept);
        if ((kept & ~required) != 0) {
            // Somebody wanted more back meanwhile. As Windows does it, step by step: first to read caching, then to
            // none.
            boolean answer = (kept & (LeaseState.WRITE | LeaseState.HANDLE)) != 0;
            int to = answer ? required | kept & LeaseState.READ : LeaseState.NONE;
            start(to, required, answer);
        }
        return NtStatus.SUCCESS;
    }

    /** 3.3.5.22.1 */
    NtStatus acknowledgeOplock(int level) {
        if (level == Create.OPLOCK_LEASE) {
            return NtStatus.INVALID_PARAMETER;
        }
        if (!breaking) {
            return NtStatus.INVALID_OPLOCK_PROTOCOL;
        }
        boolean lower =
                level == Create.OPLOCK_NONE || (level == Create.OPLOCK_LEVEL_II && (breakingTo & LeaseState.READ) != 0);
        settle(lower ? LeaseState.ofOplock(level) : LeaseState.NONE);
        return lower ? NtStatus.SUCCESS : NtStatus.INVALID_OPLOCK_PROTOCOL;
    }

    /** Nobody has answered, and is taken as having given up all of it. False where the break has ended meanwhile. */
    boolean expire() {
        if (!breaking) {
            return false;
        }
        settle(LeaseState.NONE);
        return true;
    }

    /** The last handle has closed. */
    void end() {
        settle(LeaseState.NONE);
    }
}
