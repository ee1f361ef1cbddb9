package dev.penstock.smb.volume;

import dev.penstock.smb.volume.caching.Leases;
import dev.penstock.smb.volume.host.HostWatcher;
import dev.penstock.smb.volume.posix.Blocks;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileSystemInformation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A folder of the local file system, and what is open in it. Thread-safe. */
final class LocalVolume implements AutoCloseable {
    private final Folder root;
    private final FileStat rootStat;
    private final String label;
    private final boolean sharesBlocks;
    private final Leases leases = new Leases();
    private final NodeTable nodes = new NodeTable(InstantSource.system(), leases);
    private final NameIndex names = new NameIndex();
    private final Callers callers;
    private final KnownPaths paths = new KnownPaths();
    private final Strays strays = new Strays();
    private final SharePreset preset;
    private final Changes changes = new Changes(this);
    private final long quota;
    private final Usage usage;
    private final HostWatcher.Found watcher;
    private final @Nullable HostFeed host;
    private final boolean inMemory;

    LocalVolume(Path folder, String label, SharePreset preset, long quota, HostFeed.Setting watching)
            throws IOException {
        this.preset = preset;
        this.quota = quota;
        var handle = Posix.openRoot(folder);
        this.rootStat = Posix.stat(handle);
        this.root = new Folder(handle, rootStat, "", "");
        this.label = label;
        this.usage = new Usage(root);
        this.sharesBlocks = Blocks.shareable(handle);
        this.inMemory =
                Set.of("tmpfs", "ramfs").contains(Files.getFileStore(folder).type());
        // The account that the store runs as owns what it makes; the root's owner stands for it, since Java cannot ask.
        this.callers = new Callers(ProcessOwner.uid(rootStat.uid()));
        this.watcher = watching.watcher().apply(handle);
        this.host = HostFeed.of(this, watcher, watching.linger(), label);
    }

    NodeTable nodes() {
        return nodes;
    }

    NameIndex names() {
        return names;
    }

    SharePreset preset() {
        return preset;
    }

    /** Whether the file system lets files have blocks in common. */
    boolean sharesBlocks() {
        return sharesBlocks;
    }

    /** Whether the file system has no disk that a read or a write could wait for. */
    boolean isInMemory() {
        return inMemory;
    }

    KnownPaths paths() {
        return paths;
    }

    Strays strays() {
        return strays;
    }

    Leases leases() {
        return leases;
    }

    Changes changes() {
        return changes;
    }

    /** Tells of changes from beside the server; null where nothing does. */
    @Nullable
    HostFeed host() {
        return host;
    }

    /** Why nothing tells of changes from beside the server; null where something does. */
    @Nullable
    String unwatched() {
        return watcher instanceof HostWatcher.Absent absent ? absent.reason() : null;
    }

    Callers callers() {
        return callers;
    }

    /** Identifies the volume to clients. */
    long id() {
        return rootStat.device() * 0x9E3779B97F4A7C15L ^ rootStat.inode();
    }

    FileSystemInformation.Volume describe(Executor io) throws PosixException {
        Posix.Space space = clipped(Posix.space(root.handle()), io);
        return new FileSystemInformation.Volume(
                label,
                (int) id(),
                rootStat.birth(),
                space.unit(),
                space.total(),
                space.available(),
                space.free(),
                id(),
                sharesBlocks);
    }

    /** No more than the quota, and of that no more than is left. */
    private Posix.Space clipped(Posix.Space disk, Executor io) throws PosixException {
        if (quota == DiskShare.NO_QUOTA) {
            return disk;
        }
        long most = quota / disk.unit();
        long left = Math.max(0, quota - usage.bytes(io)) / disk.unit();
        return new Posix.Space(
                disk.unit(),
                Math.min(disk.total(), most),
                Math.min(disk.free(), left),
                Math.min(disk.available(), left));
    }

    /** The root, held once more for the caller. */
    Folder holdRoot() {
        return root.retain();
    }

    /**
     * Where a path leads.
     *
     * @param parent the folder that the name is in, held for the caller, who releases it
     * @param name as it is on disk where it exists, as asked for where it does not
     * @param stat null where there is no such name
     */
    record Place(Folder parent, String name, @Nullable FileStat stat) {}

    /**
     * Walks to the folder that the last component is in, and looks that up.
     *
     * @param composed names that differ in how they compose accents are the same
     */
    Place locate(SharePath path, boolean composed) throws Refusal, PosixException {
        Folder parent = folderOf(path, composed);
        try {
            return lookUp(parent, path.last(), composed);
        } catch (PosixException e) {
            parent.release();
            throw e;
        }
    }

    private Folder folderOf(SharePath path, boolean composed) throws Refusal, PosixException {
        Folder folder = root.retain();
        for (int left = path.components().size() - 1; left > 0; left--) {
            Folder above = folder;
            try {
                folder = step(above, path, left, composed);
                if (composed) {
                    paths.note(folder.fileId(), above.fileId(), folder.name());
                }
            } finally {
                above.release();
            }
        }
        return folder;
    }

    /** The folder of the component behind which so many are left. */
    private Folder step(Folder above, SharePath path, int left, boolean composed) throws Refusal, PosixException {
        List<String> components = path.components();
        String component = components.get(components.size() - left - 1);
        try {
            return above.child(component);
        } catch (PosixException e) {
            String other = e.errno() == Errno.ENOENT ? names.find(above.handle(), component, composed) : null;
            if (other != null) {
                return childOrStop(above, other, path, left);
            }
            stopOnLink(above, component, path, left, e);
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP) {
                throw new Refusal(NtStatus.OBJECT_PATH_NOT_FOUND);
            }
            throw e;
        }
    }

    private static Folder childOrStop(Folder above, String name, SharePath path, int left)
            throws Refusal, PosixException {
        try {
            return above.child(name);
        } catch (PosixException e) {
            stopOnLink(above, name, path, left, e);
            throw e;
        }
    }

    /** What is no folder may be a link to one. */
    private static void stopOnLink(Folder above, String name, SharePath path, int left, PosixException e)
            throws Refusal, PosixException {
        boolean may = e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP;
        if (may && Posix.stat(above.handle(), name).isLink()) {
            throw SymbolicLinks.stopped(above.handle(), name, path, left);
        }
    }

    /** Looks up a name in a folder, whose hold passes to the answer. */
    Place lookUp(Folder parent, String name, boolean composed) throws PosixException {
        try {
            return new Place(parent, name, Posix.stat(parent.handle(), name));
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        String other = names.find(parent.handle(), name, composed);
        if (other == null) {
            return new Place(parent, name, null);
        }
        try {
            return new Place(parent, other, Posix.stat(parent.handle(), other));
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            return new Place(parent, name, null);
        }
    }

    @Override
    public void close() {
        if (host != null) {
            host.close();
        }
        root.release();
    }
}
