package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;

/** Takes the name of a file away after its last open. */
final class Removal {
    private Removal() {}

    /** Called with the node's lock held, by the last open. */
    static void remove(FileOpen open) throws PosixException {
        Location location = open.location();
        Folder parent = location.parent();
        if (parent == null) {
            return; // the root of a share stays
        }
        String name = location.name();
        try {
            // Somebody on this machine may have put another file in its place meanwhile.
            if (!NodeKey.of(Posix.stat(parent.handle(), name)).equals(open.node().key)) {
                return;
            }
            open.volume()
                    .names()
                    .change(parent.handle(), name, null, () -> Posix.remove(parent.handle(), name, open.isFolder()));
            open.node().gone = true;
        } catch (PosixException e) {
            // Gone already, or something was put into the folder after it was marked.
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTEMPTY && e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    static boolean isEmpty(FileOpen folder) throws PosixException {
        try (var reader = new FolderReader(folder.handle())) {
            return reader.next() == null;
        }
    }
}
