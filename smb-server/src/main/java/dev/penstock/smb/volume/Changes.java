package dev.penstock.smb.volume;

import dev.penstock.smb.volume.caching.Grant;
import dev.penstock.smb.volume.caching.LeaseId;
import dev.penstock.smb.volume.watch.Watches;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where everything that clients change in a volume is reported, after it was done: those who watch a folder are told, and those who keep
 * what is in it give that up. Thread-safe. Called with a file's lock or without any; takes those of the folders above it.
 */
final class Changes {
    private final Watches watches = new Watches();
    private final LocalVolume volume;

    Changes(LocalVolume volume) {
        this.volume = volume;
    }

    Watches watches() {
        return watches;
    }

    /** The lease on the folder above that whoever has this open told of: it is not broken by its own client's changes. */
    static @Nullable LeaseId by(FileOpen open) {
        Grant grant = open.caching().grant();
        return grant == null ? null : grant.parent();
    }

    /**
     * A folder that something changed in.
     *
     * @param path as clients see it
     */
    record Where(NodeKey key, String path) {
        static Where of(Folder folder) {
            return new Where(folder.key(), folder.path());
        }
    }

    /** A name was added to a folder. */
    void added(Folder parent, String name, boolean folder, @Nullable LeaseId by) {
        added(Where.of(parent), name, folder, by);
    }

    /** The same, by whomever. */
    void added(Where parent, String name, boolean folder, @Nullable LeaseId by) {
        giveUp(parent.key, by);
        if (watches.any()) {
            report(parent, nameKind(folder), record(ChangeRecord.ADDED, name));
        }
    }

    /** A name went. */
    void removed(Folder parent, String name, boolean folder, @Nullable LeaseId by) {
        removed(Where.of(parent), name, folder, by);
    }

    /** The same, by whomever. */
    void removed(Where parent, String name, boolean folder, @Nullable LeaseId by) {
        giveUp(parent.key, by);
        if (watches.any()) {
            report(parent, nameKind(folder), record(ChangeRecord.REMOVED, name));
        }
    }

    /** A name became another one, perhaps in another folder. */
    void renamed(FileOpen open, Folder from, String oldName, Folder to, String newName) {
        HostFeed host = volume.host();
        boolean folder = open.isFolder();
        if (folder && host != null) {
            host.folders().moved(from.pathOf(oldName), to.pathOf(newName));
        }
        renamed(Where.of(from), oldName, Where.of(to), newName, folder, by(open));
        if (folder) {
            watches.moved(from.pathOf(oldName), to.pathOf(newName));
        }
    }

    /** The same, by whomever; watches that go with a folder are the caller's business. */
    void renamed(Where from, String oldName, Where to, String newName, boolean folder, @Nullable LeaseId by) {
        boolean same = from.key.equals(to.key);
        giveUp(from.key, by);
        if (!same) {
            giveUp(to.key, by);
        }
        if (!watches.any()) {
            return;
        }
        int kind = nameKind(folder);
        if (same) {
            watches.report(
                    to.path,
                    kind,
                    List.of(
                            record(ChangeRecord.RENAMED_OLD_NAME, oldName),
                            record(ChangeRecord.RENAMED_NEW_NAME, newName)));
        } else {
            report(from, kind, record(ChangeRecord.REMOVED, oldName));
            report(to, kind, record(ChangeRecord.ADDED, newName));
        }
        if (!folder) {
            // Windows tells of the new name's attributes too, for files alone.
            report(to, ChangeRecord.ATTRIBUTES | ChangeRecord.CREATION, record(ChangeRecord.MODIFIED, newName));
        }
    }

    /** Data or metadata changed: {@code kind} is what, in bits of CompletionFilter. */
    void modified(FileOpen open, int kind) {
        if (watches.any() || volume.leases().anyFolders()) {
            modified(open.location(), kind, by(open));
        }
    }

    /**
     * Data was written. Whoever watches is told at once; a listing that somebody keeps is left alone until the handle closes, as with
     * Windows: see {@link #written}.
     */
    void writing(FileOpen open, int kind) {
        Folder parent = watches.any() ? open.location().parent() : null;
        if (parent != null) {
            report(
                    Where.of(parent),
                    kind,
                    record(ChangeRecord.MODIFIED, open.location().name()));
        }
    }

    /** A handle closes that data was written through. */
    void written(FileOpen open) {
        Folder parent = open.location().parent();
        if (parent != null) {
            giveUp(parent.key(), by(open));
        }
    }

    /** The same as {@link #modified(FileOpen, int)}, for a file that is being opened. */
    void modified(Location location, int kind, @Nullable LeaseId by) {
        Folder parent = location.parent();
        if (parent != null && kind != 0) {
            modified(Where.of(parent), location.name(), kind, by);
        }
    }

    /** The same, by whomever. */
    void modified(Where parent, String name, int kind, @Nullable LeaseId by) {
        giveUp(parent.key, by);
        if (watches.any()) {
            report(parent, kind, record(ChangeRecord.MODIFIED, name));
        }
    }

    /** Whoever keeps a listing of the folder lists it again. [MS-FSA] 2.1.4.12. */
    private void giveUp(NodeKey folder, @Nullable LeaseId by) {
        Node node = volume.leases().anyFolders() ? volume.nodes().holdIfPresent(folder) : null;
        if (node == null) {
            return;
        }
        node.lock.lock();
        try {
            node.caching.contendFolder(by);
        } finally {
            node.lock.unlock();
            volume.nodes().release(node);
        }
    }

    private void report(Where parent, int kind, ChangeRecord record) {
        watches.report(parent.path, kind, List.of(record));
    }

    private static ChangeRecord record(int action, String name) {
        return new ChangeRecord(action, DiskNames.toWire(name));
    }

    private static int nameKind(boolean folder) {
        return folder ? ChangeRecord.DIR_NAME : ChangeRecord.FILE_NAME;
    }
}
