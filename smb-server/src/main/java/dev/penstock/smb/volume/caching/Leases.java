package dev.penstock.smb.volume.caching;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The leases of a volume, one file each. [MS-SMB2] 3.3.1.11. Thread-safe. */
public final class Leases {
    private final ConcurrentHashMap<LeaseId, Grant> grants = new ConcurrentHashMap<>();

    private final AtomicInteger folders = new AtomicInteger();

    /** False where no folder is kept by anybody: a hint, right at its moment. */
    public boolean anyFolders() {
        return folders.get() != 0;
    }

    void folderAdded() {
        folders.incrementAndGet();
    }

    void folderRemoved() {
        folders.decrementAndGet();
    }

    /** The lease, or null where there is none. */
    public @Nullable Grant find(LeaseId id) {
        return grants.get(id);
    }

    /** False where the client has the same lease on another file already. */
    boolean add(LeaseId id, Grant grant) {
        return grants.putIfAbsent(id, grant) == null;
    }

    void remove(LeaseId id, Grant grant) {
        grants.remove(id, grant);
    }
}
