package dev.penstock.smb.volume;

import dev.penstock.smb.volume.caching.FileCaching;
import dev.penstock.smb.volume.caching.Grant;
import dev.penstock.smb.volume.caching.Leases;
import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A file that somebody has open. All fields are guarded by {@link #lock}. */
final class Node {
    private static final int READS = AccessMask.READ_DATA | AccessMask.EXECUTE;
    private static final int WRITES = AccessMask.WRITE_DATA | AccessMask.APPEND_DATA;

    /** Opens that ask for none of these neither hinder others nor are hindered. */
    private static final int SHARED = READS | WRITES | AccessMask.DELETE;

    /** Changes when a stream is renamed; written by the table only. */
    volatile NodeKey key;

    final ReentrantLock lock = new ReentrantLock();
    final List<FileOpen> opens = new ArrayList<>();
    final ByteRangeLocks ranges = new ByteRangeLocks();
    final List<WaitingLock> waiting = new ArrayList<>();

    /** The name goes when the last open closes; until then nobody may open it. */
    boolean deletePending;

    /** The file was removed; whoever finds this looks the name up again. */
    boolean gone;

    /** A sync failed: what was written may be lost, and every further write or flush says so. */
    boolean poisoned;

    /** The stream that this node is of, while it is open; null for a file. */
    @Nullable
    Fork fork;

    /** Guarded by the table: opens and operations that hold this node. */
    int holders;

    final WriteTimes writeTimes;

    /** What clients keep of the file. */
    final FileCaching caching;

    Node(NodeKey key, InstantSource clock, Leases leases) {
        this.key = key;
        this.caching = new FileCaching(lock, leases);
        this.writeTimes = new WriteTimes(clock);
    }

    /** Marks the file for deletion at its last close, or takes the mark away. */
    void markForDeletion(boolean pending, @Nullable Grant by) {
        deletePending = pending;
        if (pending) {
            caching.breakHandles(by);
            caching.expireWaiting();
            opens.forEach(open -> open.watching().deletePending());
        }
    }

    /** Refuses an open that conflicts with one there is. [MS-FSA] 2.1.5.1.2.2. */
    void checkSharing(int access, int share) throws Refusal {
        Refusal.unless(!isViolation(access, share), NtStatus.SHARING_VIOLATION);
    }

    /** Whether an open conflicts with one there is. */
    boolean isViolation(int access, int share) {
        if ((access & SHARED) == 0) {
            return false;
        }
        for (FileOpen other : opens) {
            // Whoever deletes a file deletes its streams: who has one open must allow that.
            if (other.isUnderStream() && conflicts(access & AccessMask.DELETE, other.share())) {
                return true;
            }
            boolean takesPart = (other.access() & SHARED) != 0;
            if (takesPart && (conflicts(access, other.share()) || conflicts(other.access(), share))) {
                return true;
            }
        }
        return false;
    }

    /** Whether rights are wanted that an open with this sharing, or an asker with it, does not allow. */
    private static boolean conflicts(int access, int share) {
        return ((access & READS) != 0 && (share & Create.FILE_SHARE_READ) == 0)
                || ((access & WRITES) != 0 && (share & Create.FILE_SHARE_WRITE) == 0)
                || ((access & AccessMask.DELETE) != 0 && (share & Create.FILE_SHARE_DELETE) == 0);
    }
}
