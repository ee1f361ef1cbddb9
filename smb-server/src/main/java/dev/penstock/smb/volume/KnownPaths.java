package dev.penstock.smb.volume;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where files are, by their ids: for Macs, which keep ids in aliases and bookmarks and ask for the path. What Macs have listed, opened or
 * renamed is known, each name in its folder, so that a folder takes all that is below it along when it is renamed. What was moved by
 * somebody else is not found; POSIX has no way from an inode to a name. Thread-safe.
 */
final class KnownPaths {
    /** At about 150 bytes each, 30 MB. */
    private static final long MOST = 200_000;

    /** As deep as a path can be that a client writes. */
    private static final int DEEPEST = 256;

    private record Name(long folder, String name) {}

    private final Cache<Long, Name> names =
            Caffeine.newBuilder().maximumSize(MOST).build();

    /** A file was seen: under this name, as it is on disk, in that folder. */
    void note(long fileId, long folder, String name) {
        Name known = names.getIfPresent(fileId);
        if (known == null || known.folder != folder || !known.name.equals(name)) {
            names.put(fileId, new Name(folder, name));
        }
    }

    /** The path as clients see it, where the file still is there; null where it is not known. */
    @Nullable
    String find(LocalVolume volume, long fileId) {
        List<String> path = new ArrayList<>();
        Folder folder = volume.holdRoot();
        try {
            for (long id = fileId; id != folder.fileId(); ) {
                Name known = names.getIfPresent(id);
                if (known == null || path.size() == DEEPEST) {
                    return null;
                }
                path.addFirst(known.name);
                id = known.folder;
            }
            if (path.isEmpty()) {
                return "";
            }
            for (String name : path.subList(0, path.size() - 1)) {
                Folder above = folder;
                folder = above.child(name);
                above.release();
            }
            String name = path.getLast();
            boolean same = StoredAttributes.fileId(Posix.stat(folder.handle(), name)) == fileId;
            return same ? DiskNames.compose(folder.pathOf(name)) : null;
        } catch (PosixException _) {
            return null;
        } finally {
            folder.release();
        }
    }
}
