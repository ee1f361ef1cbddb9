package dev.penstock.smb.volume;

import dev.penstock.smb.volume.host.FolderId;
import dev.penstock.smb.volume.host.HostWatcher;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.volume.watch.WirePaths;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folders that are watched for changes from beside the server, because somebody has an interest in them: a client that waits for changes
 * or keeps a listing, one that keeps what is in a file of the folder, or a watched tree that it belongs to. A folder is left some seconds
 * after the last interest has gone, so that one that is opened and closed all the time costs the kernel nothing.
 *
 * <p>Thread-safe. The lock is taken last, under a node's or without any; the calls that mark a folder are made under it.
 */
final class HostFolders {
    private static final Logger LOG = LoggerFactory.getLogger(HostFolders.class);

    /** Some ten microseconds each, while opens wait for the lock. */
    private static final int MOST_LEFT_AT_ONCE = 32;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<NodeKey, Watched> byKey = new HashMap<>();
    private final Map<FolderId, Watched> byId = new HashMap<>();
    private final ArrayDeque<Watched> idle = new ArrayDeque<>();
    private final HostWatcher watcher;
    private final long linger;
    private boolean closed;
    private boolean complained;

    HostFolders(HostWatcher watcher, Duration linger) {
        this.watcher = watcher;
        this.linger = linger.toNanos();
    }

    /** A folder that is watched. But for its path, what may change is guarded by the lock of the folders. */
    static final class Watched {
        private final NodeKey key;
        private final FolderId id;
        private final FileHandle handle;
        private final Map<String, List<FileOpen>> files = new HashMap<>(4);
        private volatile String path;
        private int holds;
        private int trees;
        private boolean inTree;
        private boolean queued;
        private long idleSince;

        private Watched(NodeKey key, FolderId id, FileHandle handle, String path) {
            this.key = key;
            this.id = id;
            this.handle = handle;
            this.path = path;
        }

        NodeKey key() {
            return key;
        }

        FolderId id() {
            return id;
        }

        FileHandle handle() {
            return handle;
        }

        /** As clients see it. */
        String path() {
            return path;
        }

        /** The path of something in it, as clients see it. */
        String pathOf(String name) {
            return WirePaths.of(path, DiskNames.toWire(name));
        }

        private boolean isLive() {
            return holds > 0 || inTree;
        }
    }

    /** Watches a folder for whoever has it open; null where that is not possible. {@link #release} must follow. */
    @Nullable
    Watched hold(NodeKey key, FileHandle handle, String path) {
        lock.lock();
        try {
            Watched folder = entered(key, handle, path);
            if (folder != null) {
                folder.holds++;
                folder.path = path;
            }
            return folder;
        } finally {
            lock.unlock();
        }
    }

    /** The same for whoever keeps what is in one file of a folder. {@link #releaseFile} must follow. */
    @Nullable
    Watched holdFile(Folder parent, String name, FileOpen open) {
        lock.lock();
        try {
            Watched folder = entered(parent.key(), parent.handle(), parent.path());
            if (folder != null) {
                folder.holds++;
                folder.files.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(open);
            }
            return folder;
        } finally {
            lock.unlock();
        }
    }

    /** Ends {@link #hold}. */
    void release(Watched folder) {
        lock.lock();
        try {
            folder.holds--;
            leaveUnused(folder);
        } finally {
            lock.unlock();
        }
    }

    /** Ends {@link #holdFile}. */
    void releaseFile(Watched folder, String name, FileOpen open) {
        lock.lock();
        try {
            List<FileOpen> there = folder.files.get(name);
            if (there != null && there.remove(open) && there.isEmpty()) {
                folder.files.remove(name);
            }
            folder.holds--;
            leaveUnused(folder);
        } finally {
            lock.unlock();
        }
    }

    /** Who keeps what is in the file of this name. */
    List<FileOpen> opens(Watched folder, String name) {
        lock.lock();
        try {
            List<FileOpen> there = folder.files.get(name);
            return there == null ? List.of() : List.copyOf(there);
        } finally {
            lock.unlock();
        }
    }

    /** From now on all below a folder that is held belongs to a watched tree. True where it did not before. */
    boolean addTree(Watched root) {
        lock.lock();
        try {
            return root.trees++ == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Ends {@link #addTree}. */
    void removeTree(Watched root) {
        lock.lock();
        try {
            if (--root.trees == 0) {
                leaveUncovered();
            }
        } finally {
            lock.unlock();
        }
    }

    private void leaveUncovered() {
        for (Watched folder : byKey.values()) {
            if (folder.inTree && !isCovered(folder.path)) {
                folder.inTree = false;
                leaveUnused(folder);
            }
        }
    }

    private boolean isCovered(String path) {
        return byKey.values().stream().anyMatch(root -> root.trees > 0 && WirePaths.isBelow(path, root.path));
    }

    /** Whether what is made in a folder is to be watched, too. */
    boolean isOfTree(Watched folder) {
        lock.lock();
        try {
            return folder.trees > 0 || folder.inTree;
        } finally {
            lock.unlock();
        }
    }

    /** The folders that trees are watched from. */
    List<Watched> roots() {
        lock.lock();
        try {
            return byKey.values().stream().filter(folder -> folder.trees > 0).toList();
        } finally {
            lock.unlock();
        }
    }

    /** Watches a folder in a folder of a tree, as long as that tree is watched; null where that is not possible, or not wanted any more. */
    @Nullable
    Watched enter(Watched above, String name) throws PosixException {
        try (FileHandle handle = Posix.openFolder(above.handle, name)) {
            NodeKey key = NodeKey.of(Posix.stat(handle));
            lock.lock();
            try {
                if (above.trees == 0 && !above.inTree) {
                    return null;
                }
                Watched folder = entered(key, handle, above.pathOf(name));
                if (folder != null) {
                    folder.inTree = true;
                }
                return folder;
            } finally {
                lock.unlock();
            }
        }
    }

    /** True where no more folders can be watched. */
    boolean isFull() {
        lock.lock();
        try {
            return byKey.size() >= watcher.most();
        } finally {
            lock.unlock();
        }
    }

    /** With the lock held. */
    private @Nullable Watched entered(NodeKey key, FileHandle handle, String path) {
        Watched known = byKey.get(key);
        if (known != null || closed) {
            return known;
        }
        while (byKey.size() >= watcher.most() && !idle.isEmpty()) {
            leave(Long.MIN_VALUE);
        }
        if (byKey.size() >= watcher.most()) {
            complain("as many folders are watched as may be: " + byKey.size());
            return null;
        }
        FileHandle own = null;
        try {
            own = Posix.openFolder(handle, ".");
            FolderId id = watcher.watch(own);
            var folder = new Watched(key, id, own, path);
            // Two file systems in one share may call their topmost folders the same: the first has it.
            if (byId.putIfAbsent(id, folder) == null) {
                byKey.put(key, folder);
                own = null;
                return folder;
            }
        } catch (PosixException e) {
            complain("a folder is not watched: " + e.getMessage());
        } finally {
            if (own != null) {
                own.close();
            }
        }
        return null;
    }

    /** Once: it is the same for the next thousand folders. */
    private void complain(String what) {
        if (!complained) {
            complained = true;
            LOG.warn("changes from beside the server are not told everywhere: {}", what);
        }
    }

    @Nullable
    Watched find(FolderId id) {
        lock.lock();
        try {
            return byId.get(id);
        } finally {
            lock.unlock();
        }
    }

    /** A folder has another path, whoever gave it that. */
    void moved(String from, String to) {
        lock.lock();
        try {
            for (Watched folder : byKey.values()) {
                folder.path = WirePaths.moved(folder.path, from, to);
            }
            leaveUncovered();
        } finally {
            lock.unlock();
        }
    }

    /** A folder is no longer in the share: nothing below it belongs to a tree. */
    void gone(String path) {
        lock.lock();
        try {
            for (Watched folder : byKey.values()) {
                if (folder.inTree && (folder.path.equals(path) || WirePaths.isBelow(folder.path, path))) {
                    folder.inTree = false;
                    leaveUnused(folder);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void leaveUnused(Watched folder) {
        if (folder.isLive() || closed) {
            return;
        }
        folder.idleSince = System.nanoTime();
        if (!folder.queued) {
            folder.queued = true;
            boolean first = idle.isEmpty();
            idle.add(folder);
            if (first) {
                watcher.wake(); // it waits without an end
            }
        }
    }

    /** When {@link #leaveIdle} has something to do: milliseconds from now; negative for never. */
    int millisToLeave() {
        lock.lock();
        try {
            Watched next = idle.peek();
            return next == null
                    ? -1
                    : (int) TimeUnit.NANOSECONDS.toMillis(Math.max(0, next.idleSince + linger - System.nanoTime())) + 1;
        } finally {
            lock.unlock();
        }
    }

    /** Leaves the folders in which nobody has had an interest for long enough. */
    void leaveIdle() {
        lock.lock();
        try {
            leave(System.nanoTime() - linger);
        } finally {
            lock.unlock();
        }
    }

    /** Some of those that are idle since then, or of all for {@code Long.MIN_VALUE}. */
    private void leave(long since) {
        for (int left = Math.min(idle.size(), MOST_LEFT_AT_ONCE); left > 0; left--) {
            Watched folder = idle.remove();
            if (!folder.isLive() && since != Long.MIN_VALUE && folder.idleSince - since > 0) {
                idle.add(folder);
                continue;
            }
            folder.queued = false;
            if (!folder.isLive()) {
                byKey.remove(folder.key);
                byId.remove(folder.id);
                watcher.unwatch(folder.handle);
                folder.handle.close();
            }
        }
    }

    /** Folders that are watched now. */
    int count() {
        lock.lock();
        try {
            return byKey.size();
        } finally {
            lock.unlock();
        }
    }

    /** Leaves all of them. */
    void close() {
        lock.lock();
        try {
            closed = true;
            byKey.values().forEach(folder -> folder.handle.close());
            byKey.clear();
            byId.clear();
            idle.clear();
        } finally {
            lock.unlock();
        }
    }
}
