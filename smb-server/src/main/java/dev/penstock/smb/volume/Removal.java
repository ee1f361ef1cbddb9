package dev.penstock.smb.volume;

import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.fork.Sidecars;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.util.List;

/** Takes the name of a file away after its last open. */
final class Removal {
    private Removal() {}

    /** Called with the node's lock held, by the last open. */
    static void remove(FileOpen open) throws PosixException {
        if (open.content() instanceof Content.OfFork stream) {
            // Macs mark a resource fork for deletion and do not mean it: they cut it to nothing where they do.
            if (!open.manners().isResource(stream.fork().name())) {
                Streams.remove(stream);
                open.node().gone = true;
            }
            return;
        }
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
            List<String> sidecars = open.isFolder() ? List.of() : Forks.sidecars(open.handle());
            open.volume().names().change(parent.handle(), name, null, () -> unlink(open, parent, name));
            open.node().gone = true;
            Forks.leave(sidecars, parent.handle());
            open.volume().changes().removed(parent, name, open.isFolder(), Changes.by(open));
        } catch (PosixException e) {
            // Gone already, or something was put into the folder after it was marked.
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTEMPTY && e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    private static void unlink(FileOpen open, Folder parent, String name) throws PosixException {
        try {
            Posix.remove(parent.handle(), name, open.isFolder());
        } catch (PosixException e) {
            boolean full = e.errno() == Errno.ENOTEMPTY || e.errno() == Errno.EEXIST;
            if (!open.isFolder() || !full || !isEmpty(open)) {
                throw e;
            }
            Sidecars.clear(open.handle());
            Posix.remove(parent.handle(), name, true);
        }
    }

    /** Whether there is nothing in a folder that a client could see. */
    static boolean isEmpty(FileOpen folder) throws PosixException {
        try (var reader = new FolderReader(folder.handle())) {
            String name = reader.next();
            while (name != null && Sidecars.isHidden(name)) {
                name = reader.next();
            }
            return name == null;
        }
    }
}
