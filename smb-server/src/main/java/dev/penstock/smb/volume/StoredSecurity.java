package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Ace;
import dev.penstock.smb.wire.dtyp.MalformedDescriptor;
import dev.penstock.smb.wire.dtyp.SecurityDescriptor;
import dev.penstock.smb.wire.dtyp.Sid;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Security descriptors. One that a client has set, or that a file has inherited, is kept in an extended attribute. Every other file
 * belongs to its POSIX owner and is open to all users of the store: what they may do with it is up to the account that the store runs as.
 */
final class StoredSecurity {
    private static final String NAME = "user.penstock.sd";

    private StoredSecurity() {}

    static SecurityDescriptor of(FileHandle file, FileStat stat) throws PosixException {
        return decode(Posix.attribute(file, NAME, SecurityDescriptor.MOST_BYTES), stat);
    }

    /** The one kept for the entry that a folder's reader is at; null where none is, and it is {@link #initial}. */
    static @Nullable SecurityDescriptor kept(FolderReader entry, FileStat stat) throws PosixException {
        byte[] bytes = entry.attribute(NAME, SecurityDescriptor.MOST_BYTES);
        return bytes == null ? null : decode(bytes, stat);
    }

    private static SecurityDescriptor decode(byte @Nullable [] bytes, FileStat stat) {
        if (bytes != null) {
            try {
                return SecurityDescriptor.decode(bytes);
            } catch (MalformedDescriptor _) {
                // Not ours, or damaged: better nobody than everybody, but the owner, who may mend it.
                return new SecurityDescriptor(
                        SecurityDescriptor.DACL_PRESENT, Sid.ofUser(stat.uid()), Sid.ofGroup(stat.gid()), List.of());
            }
        }
        return initial(stat);
    }

    /** What is reported of a file for which none is kept. */
    static SecurityDescriptor initial(FileStat stat) {
        Sid owner = Sid.ofUser(stat.uid());
        return new SecurityDescriptor(
                SecurityDescriptor.DACL_PRESENT,
                owner,
                Sid.ofGroup(stat.gid()),
                List.of(
                        new Ace(true, 0, AccessMask.FILE_ALL, owner),
                        new Ace(true, 0, AccessMask.FILE_ALL, Sid.WORLD)));
    }

    static void store(FileHandle file, SecurityDescriptor descriptor) throws PosixException {
        Posix.setAttribute(file, NAME, descriptor.toBytes());
    }
}
