package dev.penstock.smb.volume;

import dev.penstock.smb.volume.watch.Watches;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import java.util.List;

/** Where everything that clients change in a volume is reported, after it was done. Thread-safe. */
final class Changes {
    private final Watches watches = new Watches();

    Watches watches() {
        return watches;
    }

    /** A name was added to a folder. */
    void added(Folder parent, String name, boolean folder) {
        if (watches.any()) {
            report(parent, nameKind(folder), record(ChangeRecord.ADDED, name));
        }
    }

    /** A name went. */
    void removed(Folder parent, String name, boolean folder) {
        if (watches.any()) {
            report(parent, nameKind(folder), record(ChangeRecord.REMOVED, name));
        }
    }

    /** A name became another one, perhaps in another folder. */
    void renamed(Folder from, String oldName, Folder to, String newName, boolean folder) {
        if (!watches.any()) {
            return;
        }
        int kind = nameKind(folder);
        if (from.key().equals(to.key())) {
            watches.report(
                    to.path(),
                    kind,
                    List.of(
                            record(ChangeRecord.RENAMED_OLD_NAME, oldName),
                            record(ChangeRecord.RENAMED_NEW_NAME, newName)));
        } else {
            report(from, kind, record(ChangeRecord.REMOVED, oldName));
            report(to, kind, record(ChangeRecord.ADDED, newName));
        }
        if (folder) {
            watches.moved(from.pathOf(oldName), to.pathOf(newName));
        } else {
            // Windows tells of the new name's attributes too, for files alone.
            report(to, ChangeRecord.ATTRIBUTES | ChangeRecord.CREATION, record(ChangeRecord.MODIFIED, newName));
        }
    }

    /** Data or metadata changed: {@code kind} is what, in bits of CompletionFilter. */
    void modified(FileOpen open, int kind) {
        modified(open.location(), kind);
    }

    /** The same, for a file that is being opened. */
    void modified(Location location, int kind) {
        if (watches.any() && kind != 0) {
            Folder parent = location.parent();
            if (parent != null) {
                report(parent, kind, record(ChangeRecord.MODIFIED, location.name()));
            }
        }
    }

    private void report(Folder parent, int kind, ChangeRecord record) {
        watches.report(parent.path(), kind, List.of(record));
    }

    private static ChangeRecord record(int action, String name) {
        return new ChangeRecord(action, DiskNames.toWire(name));
    }

    private static int nameKind(boolean folder) {
        return folder ? ChangeRecord.DIR_NAME : ChangeRecord.FILE_NAME;
    }
}
