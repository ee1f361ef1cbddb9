package dev.penstock.smb.volume;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Finds names without regard to case on a file system that regards it.
 *
 * <p>A name that exists as given is found by the file system and never comes here. For one that does not, a server without an index reads
 * the whole folder to be sure, for each file that is created: quadratic work. Here a folder is read once; the index of its folded names
 * is then kept up by our own creates, removes and renames, and is valid as long as the folder's modification time is the one that our last
 * change left behind. A change by anybody else moves that time, and the folder is read again.
 *
 * <p>A foreign change in the microseconds between a change of ours and the look at the time after it goes unseen until the next one. Its
 * name is still found when spelt exactly.
 *
 * <p>Any thread. Each folder's index has a lock of its own, under which no other is taken but, for a name that moves, the other folder's, in
 * the order of devices and inodes.
 */
final class NameIndex {
    /** Names kept in all. At about 150 bytes each this is 300 MB at worst, for folders with two million files in use at once. */
    private static final long MOST_NAMES = 2_000_000;

    private final Cache<FolderKey, Folder> folders = Caffeine.newBuilder()
            .maximumWeight(MOST_NAMES)
            .weigher((FolderKey key, Folder folder) -> 16 + folder.names.size())
            .build();

    /** Before the keys of names that are decomposed on disk; can be in no name. */
    private static final char COMPOSED = '\0';

    private final LongAdder fills = new LongAdder();

    private record FolderKey(long device, long inode) implements Comparable<FolderKey> {
        static FolderKey of(FileStat stat) {
            return new FolderKey(stat.device(), stat.inode());
        }

        @Override
        public int compareTo(FolderKey other) {
            int devices = Long.compare(device, other.device);
            return devices != 0 ? devices : Long.compare(inode, other.inode);
        }
    }

    /** What a change does to one folder. */
    private record Side(
            FolderKey key,
            @Nullable Folder kept,
            FileHandle folder,
            @Nullable String removed,
            @Nullable String added) {
        Folder index() {
            return Objects.requireNonNull(kept);
        }

        /** With the index's lock held. */
        void follow() throws PosixException {
            if (removed != null) {
                index().remove(removed);
            }
            if (added != null) {
                index().put(added);
            }
            index().modified = Posix.stat(folder).modified();
        }
    }

    /** The folded names of one folder, each with one name on disk that folds so. */
    private static final class Folder {
        final ReentrantLock lock = new ReentrantLock();
        final Map<String, String> names = new HashMap<>();
        long modified = Long.MIN_VALUE;

        void put(String name) {
            names.put(DiskNames.fold(name), name);
            String composed = DiskNames.compose(name);
            if (!composed.equals(name)) {
                names.put(COMPOSED + DiskNames.fold(composed), name);
            }
        }

        void remove(String name) {
            names.remove(DiskNames.fold(name), name);
            String composed = DiskNames.compose(name);
            if (!composed.equals(name)) {
                names.remove(COMPOSED + DiskNames.fold(composed), name);
            }
        }

        @Nullable
        String findComposed(String name) {
            String folded = DiskNames.fold(DiskNames.compose(name));
            String composed = names.get(folded);
            return composed != null ? composed : names.get(COMPOSED + folded);
        }
    }

    /** The name on disk that equals {@code name} but for case, or null. */
    @Nullable
    String find(FileHandle folder, String name) throws PosixException {
        return find(folder, name, false);
    }

    /**
     * The same.
     *
     * @param composed names that differ in how they compose accents are the same, too: for Macs, which show all names decomposed and send
     *     them composed
     */
    @Nullable
    String find(FileHandle folder, String name, boolean composed) throws PosixException {
        FolderKey key = FolderKey.of(Posix.stat(folder));
        Folder index = folders.get(key, k -> new Folder());
        index.lock.lock();
        try {
            // Looked at with the lock held: a time from before it would be taken for somebody else's change after one
            // of ours.
            long modified = Posix.stat(folder).modified();
            if (index.modified != modified) {
                fills.increment();
                fill(index, folder);
                index.modified = modified;
                folders.put(key, index); // weighs it anew
            }
            String exact = index.names.get(DiskNames.fold(name));
            return exact != null || !composed ? exact : index.findComposed(name);
        } finally {
            index.lock.unlock();
        }
    }

    private static void fill(Folder index, FileHandle folder) throws PosixException {
        index.names.clear();
        try (var reader = new FolderReader(folder)) {
            for (String name = reader.next(); name != null; name = reader.next()) {
                index.put(name);
            }
        }
    }

    /** Makes a change to a folder's names, and keeps the index in step with it where there was one. */
    void change(FileHandle folder, @Nullable String removed, @Nullable String added, Change change)
            throws PosixException {
        inStep(List.of(side(folder, removed, added)), change);
    }

    /** The same for a name that goes from one folder to another. */
    void move(FileHandle from, String removed, FileHandle to, String added, Change change) throws PosixException {
        Side one = side(from, removed, null);
        Side other = side(to, null, added);
        // Two that move names to and fro must not wait for each other: the locks have an order.
        inStep(one.key.compareTo(other.key) <= 0 ? List.of(one, other) : List.of(other, one), change);
    }

    private Side side(FileHandle folder, @Nullable String removed, @Nullable String added) throws PosixException {
        FolderKey key = FolderKey.of(Posix.stat(folder));
        return new Side(key, folders.getIfPresent(key), folder, removed, added);
    }

    private static void inStep(List<Side> sides, Change change) throws PosixException {
        List<Side> kept = sides.stream().filter(side -> side.kept != null).toList();
        kept.forEach(side -> side.index().lock.lock());
        try {
            var valid = new ArrayList<Side>(kept.size());
            for (Side side : kept) {
                if (side.index().modified == Posix.stat(side.folder).modified()) {
                    valid.add(side);
                }
            }
            change.make();
            for (Side side : valid) {
                side.follow();
            }
        } finally {
            kept.forEach(side -> side.index().lock.unlock());
        }
    }

    /** Somebody else has changed a folder's names: it is read again, whatever its time says. */
    void forget(NodeKey folder) {
        folders.invalidate(new FolderKey(folder.device(), folder.inode()));
    }

    /** How often a folder was read whole. */
    long fills() {
        return fills.sum();
    }

    /** A call that changes a folder. */
    @FunctionalInterface
    interface Change {
        void make() throws PosixException;
    }
}
