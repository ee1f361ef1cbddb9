package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.dtyp.Ace;
import dev.penstock.smb.wire.dtyp.SecurityDescriptor;
import dev.penstock.smb.wire.dtyp.Sid;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owner, group and mode of POSIX as entries of an access control list, which is how Macs see and set them: S-1-5-88-1 and the user's number,
 * -2 and the group's, -3 and the mode. They grant and deny nothing, and are never kept.
 */
final class NfsEntries {
    private static final long NT = 5;
    private static final int NFS = 88;
    private static final int USER = 1;
    private static final int GROUP = 2;
    private static final int MODE = 3;
    private static final int PERMISSIONS = 0777;

    private NfsEntries() {}

    static SecurityDescriptor add(SecurityDescriptor descriptor, FileStat stat) {
        List<Ace> dacl = descriptor.dacl();
        if (dacl == null) {
            return descriptor;
        }
        var entries = new ArrayList<>(dacl);
        entries.add(entry(MODE, stat.mode()));
        entries.add(entry(USER, stat.uid()));
        entries.add(entry(GROUP, stat.gid()));
        return withDacl(descriptor, entries);
    }

    private static Ace entry(int kind, int number) {
        return new Ace(false, 0, 0, new Sid(NT, NFS, kind, number));
    }

    static SecurityDescriptor remove(SecurityDescriptor descriptor) {
        List<Ace> dacl = descriptor.dacl();
        if (dacl == null || dacl.stream().noneMatch(NfsEntries::isOne)) {
            return descriptor;
        }
        return withDacl(descriptor, dacl.stream().filter(ace -> !isOne(ace)).toList());
    }

    /** Sets the permissions that a list asks for. */
    static void apply(@Nullable List<Ace> dacl, FileHandle file, FileStat stat) throws PosixException {
        if (dacl == null) {
            return;
        }
        for (Ace ace : dacl) {
            if (isOne(ace) && ace.sid().subAuthorities().get(1) == MODE) {
                int mode = ace.sid().subAuthorities().get(2) & PERMISSIONS;
                if (mode != (stat.mode() & PERMISSIONS)) {
                    Posix.setMode(file, stat.mode() & 07000 | mode);
                }
                return;
            }
        }
    }

    static boolean isOne(Ace ace) {
        List<Integer> parts = ace.sid().subAuthorities();
        return ace.sid().authority() == NT && parts.size() == 3 && parts.get(0) == NFS;
    }

    private static SecurityDescriptor withDacl(SecurityDescriptor descriptor, List<Ace> dacl) {
        return new SecurityDescriptor(descriptor.control(), descriptor.owner(), descriptor.group(), dacl);
    }
}
