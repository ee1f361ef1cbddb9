package dev.penstock.smb.volume;

import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.Extents;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileMetadata;
import dev.penstock.smb.wire.fscc.StreamInformation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is done with the streams of a file, but for opening one. [MS-FSA] 2.1.5.12.23 and 2.1.5.15.12. */
final class Streams {
    private static final String TYPE = ":$DATA";

    private Streams() {}

    /** The data stream, of a file, and all named ones. */
    static List<StreamInformation.Entry> list(FileOpen open) throws PosixException {
        FileOpen file = open.base() == null ? open : open.base();
        var entries = new ArrayList<StreamInformation.Entry>();
        FileMetadata metadata = file.metadata();
        if (!metadata.isFolder()) {
            entries.add(new StreamInformation.Entry(":" + TYPE, metadata.size(), metadata.allocation()));
        }
        Folder home = file.holdHome();
        try {
            if (open.manners().share() && home != null) {
                AppleDoubleImport.takeIn(
                        open.volume(), home.handle(), file.location().name());
            }
            for (Forks.Entry stream : withStrays(file, home == null ? file.handle() : home.handle())) {
                if (open.manners().shows(stream)) {
                    entries.add(
                            new StreamInformation.Entry(":" + stream.name() + TYPE, stream.size(), stream.allocated()));
                }
            }
        } finally {
            release(home);
        }
        return entries;
    }

    private static List<Forks.Entry> withStrays(FileOpen file, FileHandle home) throws PosixException {
        List<Forks.Entry> streams = Forks.list(file.handle(), home);
        boolean lost = streams.stream().anyMatch(Forks.Entry::lost);
        boolean found = lost
                && file.volume()
                        .strays()
                        .bringHome(
                                file.volume(),
                                file.handle(),
                                home,
                                file.location().path());
        return found ? Forks.list(file.handle(), home) : streams;
    }

    /** Removes a stream after its last open. */
    static void remove(Content.OfFork stream) throws PosixException {
        FileOpen base = stream.base();
        Folder home = base.holdHome();
        try {
            Forks.remove(
                    base.handle(),
                    home == null ? base.handle() : home.handle(),
                    stream.fork().name());
        } finally {
            release(home);
        }
    }

    /** After its last open, a stream that is none to the client goes. */
    static void removeIfNone(Manners manners, Content.OfFork stream) throws PosixException {
        if (!manners.shows(stream.fork().entry())) {
            remove(stream);
        }
    }

    /** A file is overwritten: its streams go, but for those that are open. With the node's lock held. */
    static void removeClosed(LocalVolume volume, Node node, FileHandle file, Folder home) throws PosixException {
        for (Forks.Entry stream : Forks.list(file, home.handle())) {
            Node open = volume.nodes().holdIfPresent(node.key.ofFork(Forks.fold(stream.name())));
            if (open == null) {
                Forks.remove(file, home.handle(), stream.name());
            } else {
                volume.nodes().release(open);
            }
        }
    }

    /** Gives a stream another name. The target names no file: {@code :name} or {@code :name:$DATA}. */
    static void rename(FileOpen open, Content.OfFork stream, WireReader in)
            throws Refusal, PosixException, MalformedMessage {
        long length = in.u32(16);
        Refusal.unless(in.i64(8) == 0 && length > 0 && (length & 1) == 0, NtStatus.INVALID_PARAMETER);
        String target = in.utf16(in.span(20, length));
        // A name with a file's in front wants the file itself, which is open.
        Refusal.unless(target.startsWith(":"), NtStatus.SHARING_VIOLATION);
        String name = SharePath.stream(target.substring(1));
        boolean replace = in.u8(0) != 0;
        FileOpen base = stream.base();
        Folder home = base.holdHome();
        try {
            FileHandle at = home == null ? base.handle() : home.handle();
            if (name.isEmpty()) {
                becomeData(open, stream, replace);
            } else {
                makeRoom(open, base, at, name, replace);
                moveNode(open, stream.fork(), name);
            }
        } finally {
            release(home);
        }
    }

    /** Only an empty stream that nobody has open can be replaced. */
    private static void makeRoom(FileOpen open, FileOpen base, FileHandle home, String name, boolean replace)
            throws Refusal, PosixException {
        NodeKey key = base.node().key.ofFork(Forks.fold(name));
        String existing = Forks.find(base.handle(), name);
        if (existing == null || key.equals(open.node().key)) {
            return;
        }
        Refusal.unless(replace, NtStatus.OBJECT_NAME_COLLISION);
        Node other = open.volume().nodes().holdIfPresent(key);
        if (other != null) {
            open.volume().nodes().release(other);
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
        for (Forks.Entry stream : Forks.list(base.handle(), home)) {
            Refusal.unless(!stream.name().equals(existing) || stream.size() == 0, NtStatus.INVALID_PARAMETER);
        }
        Forks.remove(base.handle(), home, existing);
    }

    /** Others who have the stream open go on with it under its new name. */
    private static void moveNode(FileOpen open, Fork fork, String name) throws PosixException {
        open.node().lock.lock();
        try {
            Forks.rename(open.handle(), fork, name);
            open.volume().nodes().move(open.node(), open.node().key.ofFork(Forks.fold(name)));
        } finally {
            open.node().lock.unlock();
        }
    }

    /** A stream takes the place of the data, if there is none. */
    private static void becomeData(FileOpen open, Content.OfFork stream, boolean replace)
            throws Refusal, PosixException {
        FileOpen base = stream.base();
        Refusal.unless(replace, NtStatus.OBJECT_NAME_COLLISION);
        Refusal.unless(!base.isFolder() && Posix.stat(base.handle()).size() == 0, NtStatus.INVALID_PARAMETER);
        FileHandle from = stream.file();
        try (FileHandle to = Posix.openAgain(base.handle())) {
            Extents.copy(from, 0, to, 0, stream.size());
        }
        open.node().lock.lock();
        try {
            open.node().deletePending = true;
        } finally {
            open.node().lock.unlock();
        }
    }

    private static void release(@Nullable Folder home) {
        if (home != null) {
            home.release();
        }
    }
}
