package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.volume.watch.WirePaths;
import java.util.concurrent.atomic.AtomicInteger;

/** A folder held open, so that what is in it can be named whatever becomes of the folder's own name. Counted; any thread. */
final class Folder {
    private final FileHandle handle;
    private final NodeKey key;
    /** Another one when a folder above it is renamed. */
    private volatile String path;

    private final String name;
    private final long fileId;
    private final AtomicInteger holders = new AtomicInteger(1);

    /** Takes the handle over. */
    Folder(FileHandle handle, FileStat stat, String path, String name) {
        this.name = name;
        this.handle = handle;
        this.key = NodeKey.of(stat);
        this.path = path;
        this.fileId = StoredAttributes.fileId(stat);
    }

    FileHandle handle() {
        return handle;
    }

    NodeKey key() {
        return key;
    }

    /** Its name on disk when it was opened; empty for the root. */
    String name() {
        return name;
    }

    /** Its id, as clients see it. */
    long fileId() {
        return fileId;
    }

    /** Its path as clients see it, from the root of the share; empty for the root. */
    String path() {
        return path;
    }

    /** The path of something in the folder as clients see it, from the root of the share. */
    String pathOf(String name) {
        return WirePaths.of(path, DiskNames.toWire(name));
    }

    /** A folder has another path: this one's is another one, too, where it is that folder or below it. */
    void moved(String from, String to) {
        path = WirePaths.moved(path, from, to);
    }

    /** A folder in this one. The caller releases it. */
    Folder child(String childName) throws PosixException {
        FileHandle opened = Posix.openFolder(handle, childName);
        try {
            return new Folder(opened, Posix.stat(opened), pathOf(childName), childName);
        } catch (PosixException e) {
            opened.close();
            throw e;
        }
    }

    Folder retain() {
        holders.incrementAndGet();
        return this;
    }

    void release() {
        if (holders.decrementAndGet() == 0) {
            handle.close();
        }
    }
}
