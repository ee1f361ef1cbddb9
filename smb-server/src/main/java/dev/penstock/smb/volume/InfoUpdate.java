package dev.penstock.smb.volume;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.MalformedDescriptor;
import dev.penstock.smb.wire.dtyp.SecurityDescriptor;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.fscc.FileInformation;
import dev.penstock.smb.wire.fscc.FullEa;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.SetInfo;

/** SET_INFO. [MS-SMB2] 3.3.5.21, [MS-FSA] 2.1.5.15. */
final class InfoUpdate {
    private static final long FREEZE = -1;
    private static final long THAW = -2;

    /** The create options that FileModeInformation sets: write-through, sequential, unbuffered, synchronous with and without alerts. */
    static final int MODE_BITS = 0x3E;

    private InfoUpdate() {}

    static Outcome apply(FileOpen open, SetInfo.Request request, Retried attempts) throws Refusal, PosixException {
        try {
            switch (request.infoType()) {
                case QueryInfo.INFO_FILE -> file(open, request, attempts);
                case QueryInfo.INFO_SECURITY -> security(open, request);
                case QueryInfo.INFO_FILESYSTEM, QueryInfo.INFO_QUOTA -> throw new Refusal(NtStatus.NOT_SUPPORTED);
                default -> throw new Refusal(NtStatus.INVALID_PARAMETER);
            }
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.INFO_LENGTH_MISMATCH);
        }
        return Outcome.done(new SetInfo.Response());
    }

    private static void file(FileOpen open, SetInfo.Request request, Retried attempts)
            throws Refusal, PosixException, MalformedMessage {
        WireReader in = request.buffer().reader();
        switch (request.fileInfoClass()) {
            case FileInformation.BASIC -> basic(open, in);
            case FileInformation.RENAME -> Renaming.rename(open, in, attempts);
            case FileInformation.LINK -> Renaming.link(open, in);
            case FileInformation.DISPOSITION -> disposition(open, in.u8(0) != 0);
            case FileInformation.POSITION -> {
                Refusal.unless(in.i64(0) >= 0, NtStatus.INVALID_PARAMETER);
                open.position(in.i64(0));
            }
            case FileInformation.MODE -> {
                Refusal.unless((in.i32(0) & ~MODE_BITS) == 0, NtStatus.INVALID_PARAMETER);
                open.mode(in.i32(0));
            }
            case FileInformation.ALLOCATION -> allocation(open, in.i64(0));
            case FileInformation.END_OF_FILE -> endOfFile(open, in.i64(0));
            case FileInformation.FULL_EA -> extendedAttributes(open, request.buffer());
            case FileInformation.VALID_DATA_LENGTH -> throw new Refusal(NtStatus.PRIVILEGE_NOT_HELD);
            default -> throw new Refusal(NtStatus.INVALID_INFO_CLASS);
        }
    }

    /** Times and attributes. A time of 0 stays; -1 and -2 stop and start its following what the handle does. [MS-FSCC] 2.4.7. */
    private static void basic(FileOpen open, WireReader in) throws Refusal, PosixException, MalformedMessage {
        Refusal.unless(open.has(AccessMask.WRITE_ATTRIBUTES), NtStatus.ACCESS_DENIED);
        long creation = in.i64(0);
        long access = in.i64(8);
        long write = in.i64(16);
        long change = in.i64(24);
        int attributes = in.i32(32);
        in.i32(36); // Reserved, which must be there
        Refusal.unless(
                Math.min(Math.min(creation, access), Math.min(write, change)) >= THAW, NtStatus.INVALID_PARAMETER);
        showWrites(open);
        open.stamps().thaw(access == THAW, write == THAW, open.handle());
        open.stamps().freeze(access == FREEZE, write == FREEZE, open.stat());
        Long accessed = access > 0 ? access : null;
        Long modified = write > 0 ? write : null;
        if (accessed != null || modified != null) {
            Posix.setTimes(open.handle(), accessed, modified);
            open.stamps().keep(accessed, modified);
        }
        setAttributes(open, attributes, creation, change);
        open.volume()
                .changes()
                .modified(
                        open,
                        (attributes == 0 ? 0 : ChangeRecord.ATTRIBUTES)
                                | (creation > 0 ? ChangeRecord.CREATION : 0)
                                | (access > 0 ? ChangeRecord.LAST_ACCESS : 0)
                                | (write > 0 ? ChangeRecord.LAST_WRITE : 0));
    }

    /** Whatever is set, a write that is not shown yet now is. */
    private static void showWrites(FileOpen open) throws PosixException {
        long time = open.node().writeTimes.revealed(open.writer());
        if (time != 0) {
            Posix.setTimes(open.handle(), null, time);
        }
    }

    private static void setAttributes(FileOpen open, int attributes, long creation, long change)
            throws Refusal, PosixException {
        if (attributes == 0 && creation <= 0 && change <= 0) {
            return;
        }
        boolean wrongKind = open.isFolder()
                ? (attributes & FileAttributes.TEMPORARY) != 0
                : (attributes & FileAttributes.DIRECTORY) != 0;
        Refusal.unless(!wrongKind, NtStatus.INVALID_PARAMETER);
        FileStat stat = open.stat();
        StoredAttributes old = StoredAttributes.of(open.handle(), stat);
        var updated = new StoredAttributes(
                attributes == 0
                        ? old.attributes()
                        : attributes & FileAttributes.SETTABLE | old.attributes() & FileAttributes.SPARSE_FILE,
                creation > 0 ? creation : old.creation(),
                change > 0 ? change : old.change(),
                change > 0 ? stat.modified() : old.changeHolds());
        updated.store(open.handle(), stat);
    }

    /** Marks for deletion at the last close, or takes the mark away. [MS-FSA] 2.1.5.15.3. */
    private static void disposition(FileOpen open, boolean delete) throws Refusal, PosixException {
        Refusal.unless(open.has(AccessMask.DELETE), NtStatus.ACCESS_DENIED);
        if (delete) {
            int attributes = open.metadata().attributes();
            Refusal.unless((attributes & FileAttributes.READONLY) == 0, NtStatus.CANNOT_DELETE);
            Refusal.unless(open.location().parent() != null, NtStatus.CANNOT_DELETE);
            Refusal.unless(!open.isFolder() || Removal.isEmpty(open), NtStatus.DIRECTORY_NOT_EMPTY);
        }
        open.node().lock.lock();
        try {
            open.node().markForDeletion(delete, open.caching().grant());
        } finally {
            open.node().lock.unlock();
        }
    }

    private static void allocation(FileOpen open, long bytes) throws Refusal, PosixException {
        Refusal.unless(!open.isFolder() && bytes >= 0, NtStatus.INVALID_PARAMETER);
        Refusal.unless(open.has(AccessMask.WRITE_DATA), NtStatus.ACCESS_DENIED);
        if (isAfpInfo(open, bytes)) {
            return;
        }
        open.caching().contend();
        long size = open.content().size();
        if (bytes <= size) {
            open.content().truncate(bytes); // of the length that it has, this gives back what was set aside behind it
        } else {
            open.content().reserve(bytes);
        }
        open.stamps().disturb(open.handle());
        open.node().writeTimes.reveal(open.writer());
        open.volume().changes().modified(open, ChangeRecord.SIZE | ChangeRecord.LAST_WRITE);
    }

    /** The stream with the Finder's bytes has its one length: Apple's server agrees to shorter ones and does nothing. */
    private static boolean isAfpInfo(FileOpen open, long bytes) throws Refusal {
        boolean afpInfo = open.content() instanceof Content.OfFork stream && stream.afpInfo();
        Refusal.unless(!afpInfo || bytes <= AfpInfo.BYTES, NtStatus.ALLOTTED_SPACE_EXCEEDED);
        return afpInfo;
    }

    private static void endOfFile(FileOpen open, long bytes) throws Refusal, PosixException {
        Refusal.unless(!open.isFolder() && bytes >= 0, NtStatus.INVALID_PARAMETER);
        Refusal.unless(open.has(AccessMask.WRITE_DATA), NtStatus.ACCESS_DENIED);
        if (isAfpInfo(open, bytes)) {
            return;
        }
        open.caching().contend();
        open.content().truncate(bytes);
        open.stamps().disturb(open.handle());
        open.node().writeTimes.reveal(open.writer());
        open.volume().changes().modified(open, ChangeRecord.SIZE | ChangeRecord.LAST_WRITE);
    }

    private static void security(FileOpen open, SetInfo.Request request) throws Refusal, PosixException {
        int information = request.additionalInformation();
        boolean dacl = (information & SecurityDescriptor.DACL_INFORMATION) != 0;
        boolean owner =
                (information & (SecurityDescriptor.OWNER_INFORMATION | SecurityDescriptor.GROUP_INFORMATION)) != 0;
        boolean sacl = (information & SecurityDescriptor.SACL_INFORMATION) != 0;
        Refusal.unless(!dacl || open.has(AccessMask.WRITE_DAC), NtStatus.ACCESS_DENIED);
        Refusal.unless(!owner || open.has(AccessMask.WRITE_OWNER), NtStatus.ACCESS_DENIED);
        Refusal.unless(!sacl || open.has(AccessMask.ACCESS_SYSTEM_SECURITY), NtStatus.ACCESS_DENIED);
        SecurityDescriptor given = decode(request.buffer());
        if (dacl && open.manners().session()) {
            if (given.dacl() != null && given.dacl().isEmpty()) {
                return; // a Mac that means to set nothing
            }
            NfsEntries.apply(given.dacl(), open.handle(), open.stat());
        }
        given = AccessCheck.specific(NfsEntries.remove(given));
        SecurityDescriptor old = StoredSecurity.of(open.handle(), open.stat());
        StoredSecurity.store(open.handle(), old.with(given, information));
        open.volume().changes().modified(open, ChangeRecord.SECURITY);
    }

    private static void extendedAttributes(FileOpen open, Blob list) throws Refusal, PosixException {
        Refusal.unless(open.has(AccessMask.WRITE_EA), NtStatus.ACCESS_DENIED);
        FileOpen file = open.base() == null ? open : open.base();
        Folder home = file.holdHome();
        try {
            ExtendedAttributes.set(file.handle(), home == null ? file.handle() : home.handle(), FullEa.decode(list));
            open.volume().changes().modified(open, ChangeRecord.EA);
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.EA_LIST_INCONSISTENT);
        } finally {
            if (home != null) {
                home.release();
            }
        }
    }

    static SecurityDescriptor decode(Blob bytes) throws Refusal {
        try {
            return SecurityDescriptor.decode(bytes.toArray());
        } catch (MalformedDescriptor _) {
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
    }
}
