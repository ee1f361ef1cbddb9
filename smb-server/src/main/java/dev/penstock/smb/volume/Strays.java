package dev.penstock.smb.volume;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.fork.Sidecars;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.PosixException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Long streams that lie in another folder than the file they belong to, because somebody on this machine has moved or copied that file
 * alone. They are looked for in the whole share when somebody asks for them, and brought where they belong. Thread-safe.
 */
final class Strays {
    private static final Logger LOG = LoggerFactory.getLogger(Strays.class);

    /** Names looked at in one search: about a second's work, while a client waits. */
    private static final int MOST_NAMES = 500_000;

    /** What was not found is not looked for again at once. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Cache<String, Boolean> lost =
            Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(PATIENCE).build();

    /** Brings home what belongs to a file; true where something was found. */
    boolean bringHome(LocalVolume volume, FileHandle file, FileHandle home, String path) throws PosixException {
        Set<String> wanted = new HashSet<>(Forks.lost(file, home));
        wanted.removeIf(token -> lost.getIfPresent(token) != null);
        if (wanted.isEmpty()) {
            return false;
        }
        int before = wanted.size();
        Folder root = volume.holdRoot();
        try {
            search(root, wanted, home);
        } finally {
            root.release();
        }
        for (String token : wanted) {
            lost.put(token, true);
            LOG.error("{}: the data of a stream is missing, and nowhere in the share (sidecar {})", path, token);
        }
        return wanted.size() < before;
    }

    /** Folder by folder; takes from {@code wanted} what it has found. */
    private static void search(Folder root, Set<String> wanted, FileHandle home) throws PosixException {
        var folders = new ArrayDeque<Folder>(List.of(root.retain()));
        int names = 0;
        try {
            while (!folders.isEmpty() && !wanted.isEmpty() && names < MOST_NAMES) {
                Folder folder = folders.removeFirst();
                try {
                    for (String token : List.copyOf(wanted)) {
                        if (Sidecars.adopt(folder.handle(), token, home)) {
                            wanted.remove(token);
                        }
                    }
                    names += below(folder, folders);
                } finally {
                    folder.release();
                }
            }
        } finally {
            folders.forEach(Folder::release);
        }
    }

    /** Adds the folders in a folder; the number of names in it. */
    private static int below(Folder folder, ArrayDeque<Folder> folders) throws PosixException {
        int names = 0;
        try (var reader = new FolderReader(folder.handle())) {
            for (String name = reader.next(); name != null; name = reader.next()) {
                names++;
                try {
                    FileStat stat = reader.stat();
                    if (stat.isFolder() && !Sidecars.isHidden(name)) {
                        folders.add(folder.child(name));
                    }
                } catch (PosixException _) {
                    // It went away meanwhile, or is not ours to read.
                }
            }
        }
        return names;
    }
}
