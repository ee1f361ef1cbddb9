package dev.penstock.smb.volume;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.penstock.smb.volume.posix.PosixException;
import org.jspecify.annotations.Nullable;

/**
 * Where files were when a client last saw them, by their ids: for Macs, which keep ids in aliases and bookmarks and ask for the path. What
 * was moved since by somebody else is not found; POSIX has no way from an inode to a name. Thread-safe.
 */
final class KnownPaths {
    /** At about 200 bytes each, 40 MB. */
    private static final long MOST = 200_000;

    private final Cache<Long, String> paths =
            Caffeine.newBuilder().maximumSize(MOST).build();

    void note(long fileId, String path) {
        paths.put(fileId, path);
    }

    /** The path as clients see it, where the file still is there; null where it is not known. */
    @Nullable
    String find(LocalVolume volume, long fileId) {
        String path = paths.getIfPresent(fileId);
        if (path == null) {
            return null;
        }
        try {
            SharePath parsed = SharePath.parse(path);
            if (parsed.isRoot()) {
                return path;
            }
            LocalVolume.Place place = volume.locate(parsed);
            place.parent().release();
            boolean same = place.stat() != null && StoredAttributes.fileId(place.stat()) == fileId;
            return same ? path : null;
        } catch (Refusal | PosixException _) {
            return null;
        }
    }
}
