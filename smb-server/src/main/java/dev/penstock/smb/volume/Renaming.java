package dev.penstock.smb.volume;

import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.volume.watch.WirePaths;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.smb2.Create;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** FileRenameInformation and FileLinkInformation. [MS-FSCC] 2.4.42.2 and 2.4.28.2, [MS-FSA] 2.1.5.15.11 and 2.1.5.15.6. */
final class Renaming {
    /** What a rename or a link asks for. */
    private record Target(boolean replace, SharePath path) {
        static Target decode(WireReader in) throws MalformedMessage, Refusal {
            // ReplaceIfExists, 7 reserved bytes, RootDirectory, FileNameLength, FileName
            Refusal.unless(in.i64(8) == 0, NtStatus.INVALID_PARAMETER);
            long length = in.u32(16);
            Refusal.unless(length > 0 && (length & 1) == 0, NtStatus.INVALID_PARAMETER);
            Span name = in.span(20, length);
            return new Target(in.u8(0) != 0, SharePath.parse(in.utf16(name)));
        }
    }

    private Renaming() {}

    static void rename(FileOpen open, WireReader in, Retried attempts)
            throws Refusal, PosixException, MalformedMessage {
        Refusal.unless(open.has(AccessMask.DELETE), NtStatus.ACCESS_DENIED);
        if (open.content() instanceof Content.OfFork stream) {
            Streams.rename(open, stream, in);
            return;
        }
        Target target = Target.decode(in);
        Refusal.unless(target.path.stream() == null, NtStatus.INVALID_PARAMETER);
        Folder from = open.location().parent();
        Refusal.unless(from != null && !target.path.isRoot(), NtStatus.ACCESS_DENIED);
        // To a Mac a folder may be renamed whatever is open in it, as on a disk of its own.
        boolean free = !open.isFolder() || open.manners().session() || !hasOpensBelow(open, attempts);
        Refusal.unless(free, NtStatus.ACCESS_DENIED);
        LocalVolume.Place place =
                open.volume().locate(target.path, open.manners().session());
        try {
            checkFolder(open, place.parent());
            Keeping.breakHandles(open.node(), open, attempts);
            boolean same = place.stat() != null && NodeKey.of(place.stat()).equals(open.node().key);
            if (place.stat() != null && !same) {
                checkReplaceable(open, target.replace, place.stat(), attempts);
            }
            // The new name's case may differ from that of a name that is there, which then is the one to go.
            String newName = target.path.last();
            String before = open.location().path();
            move(open, place, newName, place.stat() != null && !same);
            if (open.isFolder() && open.manners().session()) {
                takeAlong(open.volume(), before, open.location().path());
            }
        } finally {
            place.parent().release();
        }
    }

    private static void move(FileOpen open, LocalVolume.Place place, String newName, boolean replaces)
            throws Refusal, PosixException {
        Folder to = place.parent();
        NameIndex names = open.volume().names();
        Node node = open.node();
        node.lock.lock();
        try {
            Location location = open.location();
            Folder from = location.parent();
            if (from == null || node.gone) {
                throw new Refusal(NtStatus.ACCESS_DENIED);
            }
            String oldName = location.name();
            List<String> orphans = replaces ? sidecars(to, place.name()) : List.of();
            if (replaces && !place.name().equals(newName)) {
                names.change(to.handle(), place.name(), null, () -> Posix.remove(to.handle(), place.name(), false));
                open.volume().changes().removed(to, place.name(), false, Changes.by(open));
            }
            if (from.key().equals(to.key())) {
                names.change(
                        from.handle(),
                        oldName,
                        newName,
                        () -> Posix.rename(from.handle(), oldName, to.handle(), newName, true));
            } else {
                // Its sidecars go first, so that they are found wherever an interruption leaves the file.
                List<String> sidecars = open.isFolder() ? List.of() : Forks.sidecars(open.handle());
                if (!sidecars.isEmpty()) {
                    Forks.follow(open.handle(), from.handle(), to.handle());
                }
                names.move(
                        from.handle(),
                        oldName,
                        to.handle(),
                        newName,
                        () -> Posix.rename(from.handle(), oldName, to.handle(), newName, true));
                Forks.leave(sidecars, from.handle());
            }
            Forks.leave(orphans, to.handle());
            open.volume().changes().renamed(open, from, oldName, to, newName);
            location.move(to.retain(), newName);
            node.opens.forEach(each -> each.host().moved());
            open.notePath();
            open.stamps().disturb(open.handle());
        } catch (PosixException e) {
            Refusal.unless(e.errno() != Errno.EINVAL, NtStatus.ACCESS_DENIED); // a folder into itself
            throw e;
        } finally {
            node.lock.unlock();
        }
    }

    private static List<String> sidecars(Folder folder, String name) throws PosixException {
        if (!Posix.stat(folder.handle(), name).isFile()) {
            return List.of(); // a link has none
        }
        try (var file = Posix.open(folder.handle(), name, false, Posix.Creation.NEVER, 0)) {
            return Forks.sidecars(file);
        }
    }

    /** A file may take the place of a file that nobody has open; never of a folder. */
    private static void checkReplaceable(FileOpen open, boolean replace, FileStat existing, @Nullable Retried attempts)
            throws Refusal, PosixException {
        Refusal.unless(replace, NtStatus.OBJECT_NAME_COLLISION);
        Refusal.unless(!existing.isFolder() && !open.isFolder(), NtStatus.ACCESS_DENIED);
        Node other = open.volume().nodes().holdIfPresent(NodeKey.of(existing));
        if (other != null) {
            try {
                if (attempts != null) {
                    Keeping.breakHandles(other, null, attempts);
                }
            } finally {
                open.volume().nodes().release(other);
            }
            throw new Refusal(NtStatus.ACCESS_DENIED);
        }
    }

    /**
     * A name is put into a folder as if the folder were opened for that, without sharing it for deletion; whoever has it open must allow
     * that. Windows asks it of files only.
     */
    private static void checkFolder(FileOpen open, Folder folder) throws Refusal {
        Node node = open.volume().nodes().holdIfPresent(folder.key());
        if (node == null) {
            return;
        }
        node.lock.lock();
        try {
            Refusal.unless(!node.deletePending, NtStatus.ACCESS_DENIED);
            if (!open.isFolder()) {
                node.checkSharing(AccessMask.WRITE_DATA, Create.FILE_SHARE_READ | Create.FILE_SHARE_WRITE);
            }
        } finally {
            node.lock.unlock();
            open.volume().nodes().release(node);
        }
    }

    /** What Macs have open below a folder that is renamed goes on under the new path: by it they ask for their handles again. */
    static void takeAlong(LocalVolume volume, String from, String to) {
        for (Node node : volume.nodes().all()) {
            node.lock.lock();
            try {
                for (FileOpen below : node.opens) {
                    Folder parent = below.location().parent();
                    if (parent != null) {
                        parent.moved(from, to);
                    }
                }
            } finally {
                node.lock.unlock();
            }
        }
    }

    /** Whether anything in the folder is open, at any depth. Costs a look at every open, and only a rename of a folder asks. */
    private static boolean hasOpensBelow(FileOpen folder, Retried attempts) throws Refusal {
        String path = folder.location().path();
        for (Node node : folder.volume().nodes().all()) {
            node.lock.lock();
            try {
                if (node.opens.stream()
                        .anyMatch(o -> WirePaths.isBelow(o.location().path(), path))) {
                    Keeping.breakHandles(node, null, attempts);
                    return true;
                }
            } finally {
                node.lock.unlock();
            }
        }
        return false;
    }

    static void link(FileOpen open, WireReader in) throws Refusal, PosixException, MalformedMessage {
        Target target = Target.decode(in);
        Refusal.unless(!open.isFolder(), NtStatus.FILE_IS_A_DIRECTORY);
        Folder from = open.location().parent();
        if (from == null || target.path.isRoot()) {
            throw new Refusal(NtStatus.ACCESS_DENIED);
        }
        LocalVolume.Place place =
                open.volume().locate(target.path, open.manners().session());
        try {
            FileStat existing = place.stat();
            Folder to = place.parent();
            NameIndex names = open.volume().names();
            if (existing != null) {
                boolean same = NodeKey.of(existing).equals(open.node().key);
                checkReplaceable(open, target.replace && !same, existing, null);
                Refusal.unless(
                        (StoredAttributes.of(to.handle(), place.name(), existing)
                                                .attributes()
                                        & FileAttributes.READONLY)
                                == 0,
                        NtStatus.ACCESS_DENIED);
                List<String> orphans = sidecars(to, place.name());
                names.change(to.handle(), place.name(), null, () -> Posix.remove(to.handle(), place.name(), false));
                Forks.leave(orphans, to.handle());
            }
            Forks.follow(open.handle(), from.handle(), to.handle());
            String name = target.path.last();
            names.change(
                    to.handle(),
                    null,
                    name,
                    () -> Posix.link(from.handle(), open.location().name(), to.handle(), name));
            open.volume().changes().added(to, name, false, Changes.by(open));
        } finally {
            place.parent().release();
        }
    }
}
