package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Sid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rights that one CREATE asks for, needs and gets: [MS-FSA] 2.1.5.1.2.1. What is asked for by name is granted whole or refused, and what
 * the disposition does to the file must be allowed, too; MAXIMUM_ALLOWED adds all that is.
 */
final class CreateRights {
    private static final int WRITES = AccessMask.WRITE_DATA | AccessMask.APPEND_DATA;

    private final Create.Request request;
    private final Set<Sid> caller;

    CreateRights(Create.Request request, Set<Sid> caller) {
        this.request = request;
        this.caller = caller;
    }

    /** Whether the right to write was asked for in so many words, or what is there is to be replaced. */
    boolean asksToWrite() {
        return (desired() & WRITES) != 0 || request.replaces();
    }

    /** The rights to what is there; {@code parent} is null for the root of a share. */
    int granted(FileHandle file, FileStat stat, @Nullable Folder parent) throws Refusal, PosixException {
        return granted(maximal(file, stat, parent));
    }

    /** The rights of a caller who is allowed so much. */
    int granted(int allowed) throws Refusal {
        int needed = desired();
        if (request.replaces()) {
            needed |= AccessMask.WRITE_DATA;
            needed |= request.createDisposition() == Create.FILE_SUPERSEDE ? AccessMask.DELETE : 0;
        }
        needed |= request.has(Create.FILE_DELETE_ON_CLOSE) ? AccessMask.DELETE : 0;
        Refusal.unless((needed & ~allowed) == 0, NtStatus.ACCESS_DENIED);
        return maximum() ? allowed : desired();
    }

    /** The rights to what this CREATE has just made: whoever makes a file gets all that they ask for. */
    int ofMaker(FileHandle file, FileStat stat) throws PosixException {
        return desired() | (maximum() ? maximal(file, stat, null) : 0);
    }

    /** All that the caller could have. */
    int maximal(FileHandle file, FileStat stat, @Nullable Folder parent) throws PosixException {
        int allowed = AccessCheck.granted(StoredSecurity.of(file, stat), caller);
        boolean all = (allowed & AccessMask.FILE_ALL) == AccessMask.FILE_ALL;
        if (parent == null || all) {
            return allowed;
        }
        FileStat parentStat = Posix.stat(parent.handle());
        return withFolder(allowed, AccessCheck.granted(StoredSecurity.of(parent.handle(), parentStat), caller));
    }

    /** Rights to a file, with those that the rights to its folder add. */
    static int withFolder(int allowed, int above) {
        int deletes = (above & AccessMask.DELETE_CHILD) != 0 ? AccessMask.DELETE : 0;
        int looks = (above & AccessMask.READ_DATA) != 0 ? AccessMask.READ_ATTRIBUTES : 0;
        return allowed | deletes | looks;
    }

    private int desired() {
        return AccessMask.expand(request.desiredAccess() & ~AccessMask.MAXIMUM_ALLOWED);
    }

    private boolean maximum() {
        return (request.desiredAccess() & AccessMask.MAXIMUM_ALLOWED) != 0;
    }
}
