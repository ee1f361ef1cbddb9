package dev.penstock.smb.volume;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.apple.FinderEntry;
import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.dtyp.SecurityDescriptor;
import dev.penstock.smb.wire.dtyp.Sid;
import java.util.Set;

/** What a listing tells a Mac of each name, read without opening it: of a file without attributes, one call beside the stat. One thread. */
final class FinderListing {
    private static final Manners MANNERS = new Manners(true, true);

    private final FileHandle folder;
    private final Set<Sid> caller;

    /** The owner and the group of the last file that has no descriptor of its own, and the rights that follow from that alone. */
    private int uid = -1;

    private int gid = -1;
    private int granted;

    FinderListing(FileHandle folder, Set<Sid> caller) {
        this.folder = folder;
        this.caller = caller;
    }

    /** Of the entry that the folder's reader is at. */
    FinderEntry of(FolderReader entry, String name, FileStat stat) throws PosixException {
        boolean plain = true;
        long resource = 0;
        byte[] info = null;
        for (Forks.Entry stream : Forks.list(entry, folder, name, stat.isFolder())) {
            if (!MANNERS.shows(stream)) {
                continue;
            }
            plain = false;
            if (MANNERS.isAfpInfo(stream.name())) {
                info = AfpInfo.finderInfo(stream.start().toArray());
            } else if (MANNERS.isResource(stream.name())) {
                resource = stream.size();
            }
        }
        SecurityDescriptor kept = StoredSecurity.kept(entry, stat);
        int access = kept == null ? initial(stat) : AccessCheck.granted(kept, caller);
        return new FinderEntry(access, resource, info == null ? null : Blob.of(info), stat.mode(), plain);
    }

    /** Of the folder itself and the one above, the Finder wants the rights and the mode only. */
    FinderEntry ofFolder(FileHandle handle, FileStat stat) throws PosixException {
        return new FinderEntry(
                AccessCheck.granted(StoredSecurity.of(handle, stat), caller), 0, null, stat.mode(), false);
    }

    private int initial(FileStat stat) {
        if (uid != stat.uid() || gid != stat.gid() || granted == 0) {
            granted = AccessCheck.granted(StoredSecurity.initial(stat), caller);
            uid = stat.uid();
            gid = stat.gid();
        }
        return granted;
    }
}
