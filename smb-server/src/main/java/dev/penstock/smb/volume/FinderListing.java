package dev.penstock.smb.volume;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.apple.FinderEntry;
import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.dtyp.Sid;
import java.util.Set;

/** What a listing tells a Mac of one name, read without opening it: of a file without attributes, one call beside the stat. */
final class FinderListing {
    private FinderListing() {}

    static FinderEntry of(FileHandle folder, String name, FileStat stat, Set<Sid> caller) throws PosixException {
        Manners manners = new Manners(true, true);
        boolean plain = true;
        long resource = 0;
        byte[] info = null;
        for (Forks.Entry stream : Forks.list(folder, name, stat.isFolder())) {
            if (!manners.shows(stream)) {
                continue;
            }
            plain = false;
            if (manners.isAfpInfo(stream.name())) {
                info = AfpInfo.finderInfo(stream.start().toArray());
            } else if (manners.isResource(stream.name())) {
                resource = stream.size();
            }
        }
        int access = AccessCheck.granted(StoredSecurity.of(folder, name, stat), caller);
        return new FinderEntry(access, resource, info == null ? null : Blob.of(info), stat.mode(), plain);
    }
}
