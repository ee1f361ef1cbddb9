package dev.penstock.smb.volume.watch;

import dev.penstock.smb.wire.fscc.ChangeRecord;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * The watched folders of a volume by their paths, as clients see them and the disk writes them. A change costs one look-up for each folder
 * above it, and a read of one field where nobody watches. Thread-safe.
 */
public final class Watches {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, List<FolderWatch>> folders = new HashMap<>();
    private volatile boolean any;

    /** False where a report would reach nobody: a hint, right at its moment. */
    public boolean any() {
        return any;
    }

    /**
     * Starts to watch a folder.
     *
     * @param path empty for the root
     * @param names makes names what the client knows them as
     */
    public FolderWatch add(String path, ChangeNotify.Request first, UnaryOperator<String> names) {
        var watch = new FolderWatch(first, names);
        lock.lock();
        try {
            folders.computeIfAbsent(path, _ -> new ArrayList<>(1)).add(watch);
            any = true;
        } finally {
            lock.unlock();
        }
        return watch;
    }

    /** Ends a watch. It may have moved meanwhile, and then is found the long way. */
    public void remove(String path, FolderWatch watch) {
        lock.lock();
        try {
            if (!removeAt(path, watch)) {
                for (String other : List.copyOf(folders.keySet())) {
                    if (removeAt(other, watch)) {
                        break;
                    }
                }
            }
            any = !folders.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private boolean removeAt(String path, FolderWatch watch) {
        List<FolderWatch> there = folders.get(path);
        if (there == null || !there.remove(watch)) {
            return false;
        }
        if (there.isEmpty()) {
            folders.remove(path);
        }
        return true;
    }

    /** A folder has another name: what is watched there, and below it where Macs renamed it, goes with it. */
    public void moved(String from, String to) {
        lock.lock();
        try {
            for (String path : List.copyOf(folders.keySet())) {
                String now = WirePaths.moved(path, from, to);
                if (!now.equals(path)) {
                    List<FolderWatch> there = folders.remove(path);
                    folders.computeIfAbsent(now, _ -> new ArrayList<>(1)).addAll(there);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells those who watch that something in a folder changed.
     *
     * @param folder path of the folder that the changes are in
     * @param kind the bits of CompletionFilter that ask for it
     * @param records with the names alone
     */
    public void report(String folder, int kind, List<ChangeRecord> records) {
        if (!any) {
            return;
        }
        lock.lock();
        try {
            // Told under the lock, so that every watch hears of all changes in one order.
            tell(folder, "", false, kind, records);
            String above = folder;
            while (!above.isEmpty()) {
                above = above.substring(0, Math.max(0, above.lastIndexOf('\\')));
                String below = folder.substring(above.isEmpty() ? 0 : above.length() + 1) + '\\';
                tell(above, below, true, kind, records);
            }
        } finally {
            lock.unlock();
        }
    }

    /** More has changed than could be told: all who watch look for themselves. */
    public void lost() {
        lock.lock();
        try {
            folders.values().forEach(there -> there.forEach(FolderWatch::lost));
        } finally {
            lock.unlock();
        }
    }

    /** The same for those who watch the tree below a folder. */
    public void lost(String path) {
        lock.lock();
        try {
            folders.getOrDefault(path, List.of()).stream()
                    .filter(FolderWatch::tree)
                    .forEach(FolderWatch::lost);
        } finally {
            lock.unlock();
        }
    }

    private void tell(String path, String prefix, boolean treeOnly, int kind, List<ChangeRecord> records) {
        List<FolderWatch> there = folders.get(path);
        if (there == null) {
            return;
        }
        List<ChangeRecord> named = prefix.isEmpty()
                ? records
                : records.stream()
                        .map(record -> new ChangeRecord(record.action(), prefix + record.name()))
                        .toList();
        for (FolderWatch watch : there) {
            if (watch.tree() || !treeOnly) {
                watch.changed(kind, named);
            }
        }
    }
}
