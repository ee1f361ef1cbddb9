package dev.penstock.smb.volume.fork;

import dev.penstock.smb.volume.fork.Slots.Slot;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The streams of a file. Stateless; of two calls that change the same stream at once, the caller makes one wait. */
public final class Forks {
    private Forks() {}

    /**
     * A stream in a list.
     *
     * @param name without the type
     * @param size bytes
     * @param allocated bytes set aside
     * @param start all of it where it is short; nothing where it is long
     * @param lost its sidecar is not where it belongs
     */
    public record Entry(String name, long size, long allocated, Blob start, boolean lost) {}

    /** All streams of a file. One whose sidecar is missing is listed with no bytes, and opening it fails. */
    public static List<Entry> list(FileHandle file, FileHandle home) throws PosixException {
        var entries = new ArrayList<Entry>();
        for (String key : Slots.keys(file)) {
            Slot slot = Slots.read(file, key);
            if (slot != null) {
                entries.add(entry(slot, home));
            }
        }
        return entries;
    }

    /** The same of the entry that a folder's reader is at, without opening it, but where a folder has long streams of its own. */
    public static List<Entry> list(FolderReader reader, FileHandle parent, String name, boolean folder)
            throws PosixException {
        if (reader.attributes().isEmpty()) {
            return List.of();
        }
        var entries = new ArrayList<Entry>();
        for (String key : reader.attributes()) {
            Slot slot = Slots.isKey(key) ? Slots.read(reader, key) : null;
            if (slot != null && folder && slot.token() != null) {
                try (FileHandle home = Posix.openFolder(parent, name)) {
                    entries.add(entry(slot, home));
                }
            } else if (slot != null) {
                entries.add(entry(slot, parent));
            }
        }
        return entries;
    }

    private static Entry entry(Slot slot, FileHandle home) throws PosixException {
        Blob data = slot.data();
        if (data != null) {
            return new Entry(slot.name(), data.length(), Fork.roundUp(data.length()), data, false);
        }
        FileStat stat = slot.token() == null ? null : Sidecars.stat(home, slot.token());
        return new Entry(
                slot.name(),
                stat == null ? 0 : stat.size(),
                stat == null ? 0 : Fork.roundUp(stat.allocated()),
                Blob.EMPTY,
                stat == null);
    }

    /** The name of a stream as it is kept, looked up without regard to case; null where there is none. */
    public static @Nullable String find(FileHandle file, String name) throws PosixException {
        Slot slot = Slots.find(file, name);
        return slot == null ? null : slot.name();
    }

    /** The key under which names that differ in case only are the same. */
    public static String fold(String name) {
        return Slots.fold(name);
    }

    /**
     * Opens a stream that is there, by its name as it is kept; null where it went away.
     *
     * @throws PosixException also where its sidecar is not where it belongs; that is no {@link Errno#ENOENT}, since the stream is not gone
     */
    public static @Nullable Fork open(FileHandle file, FileHandle home, String name) throws PosixException {
        Slot slot = Slots.find(file, name);
        try {
            return slot == null ? null : new Fork(slot, home);
        } catch (PosixException e) {
            throw e.errno() == Errno.ENOENT ? new PosixException("a stream without its data", Errno.EIO) : e;
        }
    }

    /** The sidecars of a file that are not where they belong. */
    public static List<String> lost(FileHandle file, FileHandle home) throws PosixException {
        var lost = new ArrayList<String>();
        for (String token : sidecars(file)) {
            if (Sidecars.stat(home, token) == null) {
                lost.add(token);
            }
        }
        return lost;
    }

    /** Makes an empty stream. */
    public static Fork create(FileHandle file, FileHandle home, String name) throws PosixException {
        var slot = new Slot(name, Blob.EMPTY, null);
        Slots.write(file, slot);
        return new Fork(slot, home);
    }

    /** Removes a stream. */
    public static void remove(FileHandle file, FileHandle home, String name) throws PosixException {
        Slot slot = Slots.find(file, name);
        if (slot != null) {
            Slots.remove(file, slot.name());
            if (slot.token() != null) {
                Sidecars.drop(home, slot.token());
            }
        }
    }

    /** Moves the longest of the short streams out of the attributes; false where there is none. */
    public static boolean moveOut(FileHandle file, FileHandle home) throws PosixException {
        Slot longest = null;
        int most = Slots.POINTER_BYTES;
        for (String key : Slots.keys(file)) {
            Slot slot = Slots.read(file, key);
            Blob data = slot == null ? null : slot.data();
            if (data != null && data.length() > most) {
                most = data.length();
                longest = slot;
            }
        }
        if (longest == null) {
            return false;
        }
        try (var fork = new Fork(longest, home)) {
            fork.file(file, home);
        }
        return true;
    }

    /** Gives a stream another name, which nothing has; another case of its own is allowed. */
    public static void rename(FileHandle file, Fork fork, String to) throws PosixException {
        Slot slot = Slots.find(file, fork.name());
        if (slot != null && !slot.name().equals(to)) {
            // Until the old name is removed both lead to the same data.
            Slots.write(file, new Slot(to, slot.data(), slot.token()));
            Slots.remove(file, slot.name());
        }
        fork.renamed(to);
    }

    /** The sidecars that a file points to. */
    public static List<String> sidecars(FileHandle file) throws PosixException {
        var tokens = new ArrayList<String>();
        for (String key : Slots.keys(file)) {
            Slot slot = Slots.read(file, key);
            if (slot != null && slot.token() != null) {
                tokens.add(slot.token());
            }
        }
        return tokens;
    }

    /** Before a file gets a name in another folder: its sidecars get one there, too. */
    public static void follow(FileHandle file, FileHandle home, FileHandle to) throws PosixException {
        for (String token : sidecars(file)) {
            Sidecars.link(home, token, to);
        }
    }

    /** After a file's name has gone from a folder: so do its sidecars, unless another name there still needs them. */
    public static void leave(List<String> sidecars, FileHandle home) throws PosixException {
        for (String token : sidecars) {
            Sidecars.drop(home, token);
        }
    }
}
