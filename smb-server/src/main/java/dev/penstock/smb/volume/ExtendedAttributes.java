package dev.penstock.smb.volume;

import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.Attributes;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FullEa;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Extended attributes are the file's own of POSIX, in the namespace {@code user}, but for the store's: so the kernel's client and programs
 * on this machine see the same ones. Where the file system has no room for another, short streams move out of its way.
 */
final class ExtendedAttributes {
    private static final String PREFIX = "user.";
    private static final String OWN = "user.penstock.";

    private ExtendedAttributes() {}

    static List<FullEa.Entry> list(FileHandle file) throws PosixException {
        List<String> keys = Attributes.names(file, PREFIX);
        var entries = new ArrayList<FullEa.Entry>();
        for (String key : keys) {
            byte[] value = isShown(key) ? Posix.attribute(file, key, FullEa.MOST_BYTES) : null;
            if (value != null) {
                entries.add(new FullEa.Entry(0, key.substring(PREFIX.length()), Blob.of(value)));
            }
        }
        return entries;
    }

    /** The bytes that a list of a file's attributes takes. */
    static int size(FileHandle file) throws PosixException {
        return FullEa.size(list(file));
    }

    /** The same of the entry that a folder's reader is at. */
    static int size(FolderReader entry) throws PosixException {
        if (entry.attributes().isEmpty()) {
            return 0;
        }
        var entries = new ArrayList<FullEa.Entry>();
        for (String key : entry.attributes()) {
            byte[] value = isShown(key) ? entry.attribute(key, FullEa.MOST_BYTES) : null;
            if (value != null) {
                entries.add(new FullEa.Entry(0, key.substring(PREFIX.length()), Blob.of(value)));
            }
        }
        return FullEa.size(entries);
    }

    /** Other programs' names may be longer, or not ASCII: then no client could name them. */
    private static boolean isShown(String key) {
        int length = key.length() - PREFIX.length();
        return !key.startsWith(OWN) && length > 0 && length < 255 && key.chars().allMatch(c -> c < 0x7F);
    }

    /** Sets each attribute, or removes it where its value is empty. [MS-FSA] 2.1.5.15.5. */
    static void set(FileHandle file, FileHandle home, List<FullEa.Entry> entries) throws Refusal, PosixException {
        for (FullEa.Entry entry : entries) {
            boolean flags = (entry.flags() & ~FullEa.NEED_EA) == 0;
            Refusal.unless(entry.hasValidName() && flags, NtStatus.INVALID_EA_NAME);
        }
        for (FullEa.Entry entry : entries) {
            String key = PREFIX + entry.name();
            String existing = existing(file, key);
            // Nobody sets the store's own this way.
            Refusal.unless(!key.regionMatches(true, 0, OWN, 0, OWN.length()), NtStatus.ACCESS_DENIED);
            String target = existing != null ? existing : key;
            if (!entry.value().isEmpty()) {
                write(file, home, target, entry.value().toArray());
            } else if (existing != null) {
                Posix.setAttribute(file, existing, null);
            }
        }
    }

    private static @Nullable String existing(FileHandle file, String key) throws PosixException {
        for (String name : Attributes.names(file, PREFIX)) {
            if (name.equalsIgnoreCase(key)) {
                return name;
            }
        }
        return null;
    }

    private static void write(FileHandle file, FileHandle home, String key, byte[] value)
            throws Refusal, PosixException {
        try {
            Posix.setAttribute(file, key, value);
        } catch (PosixException e) {
            Refusal.unless(
                    isFull(e) && Forks.moveOut(file, home), isFull(e) ? NtStatus.EA_TOO_LARGE : Refusal.statusOf(e));
            try {
                Posix.setAttribute(file, key, value);
            } catch (PosixException again) {
                throw new Refusal(isFull(again) ? NtStatus.EA_TOO_LARGE : Refusal.statusOf(again));
            }
        }
    }

    private static boolean isFull(PosixException e) {
        return e.errno() == Errno.ENOSPC || e.errno() == Errno.E2BIG || e.errno() == Errno.ERANGE;
    }

    /** A file is overwritten: its attributes go. */
    static void removeAll(FileHandle file) throws PosixException {
        for (FullEa.Entry entry : list(file)) {
            Posix.setAttribute(file, PREFIX + entry.name(), null);
        }
    }
}
