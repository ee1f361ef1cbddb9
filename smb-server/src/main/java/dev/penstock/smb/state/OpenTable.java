package dev.penstock.smb.state;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.wire.smb2.FileId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The opens of one session. A handle is a slot, a generation that makes a used-up handle stay invalid, and a random part that makes one
 * session's handles useless in another. Thread-safe: looking up takes no lock.
 */
public final class OpenTable {
    /** Opens of one session: as many as Samba allows, and less than half of a process's usual limit of a million files. */
    public static final int MAX_OPENS = 65_520;

    private static final int SLOT_BITS = 20;
    private static final int FIRST_SLOTS = 16;

    private final long salt = ThreadLocalRandom.current().nextLong();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile AtomicReferenceArray<@Nullable OpenEntry> slots = new AtomicReferenceArray<>(FIRST_SLOTS);
    private int[] free = new int[FIRST_SLOTS];
    private int freeCount;
    private int used;
    private long generation;

    /**
     * Adds an open; null where the table is full.
     *
     * @param persistent the half of the handle that it had before its client came back; null for a new one
     */
    public @Nullable OpenEntry add(Open open, Tree tree, @Nullable Long persistent) {
        lock.lock();
        try {
            int slot;
            if (freeCount > 0) {
                slot = free[--freeCount];
            } else if (used < MAX_OPENS) {
                slot = used++;
                grow();
            } else {
                return null;
            }
            long volatileId = ++generation << SLOT_BITS | slot;
            long persistentId = persistent == null ? volatileId ^ salt : persistent;
            var entry = new OpenEntry(new FileId(persistentId, volatileId), open, tree);
            slots.set(slot, entry);
            return entry;
        } finally {
            lock.unlock();
        }
    }

    private void grow() {
        AtomicReferenceArray<@Nullable OpenEntry> old = slots;
        if (used > old.length()) {
            var larger = new AtomicReferenceArray<@Nullable OpenEntry>(2 * old.length());
            for (int i = 0; i < old.length(); i++) {
                larger.set(i, old.get(i));
            }
            slots = larger;
        }
    }

    /** The open of a handle whose both halves are right, or null. */
    public @Nullable OpenEntry find(FileId id) {
        int slot = (int) (id.volatileId() & (1 << SLOT_BITS) - 1);
        AtomicReferenceArray<@Nullable OpenEntry> now = slots;
        OpenEntry entry = slot < now.length() ? now.get(slot) : null;
        return entry != null && entry.id().equals(id) ? entry : null;
    }

    /** Takes an open out of the table; false where somebody else has done so already. */
    public boolean remove(OpenEntry entry) {
        int slot = (int) (entry.id().volatileId() & (1 << SLOT_BITS) - 1);
        lock.lock();
        try {
            if (slots.get(slot) != entry) {
                return false;
            }
            slots.set(slot, null);
            if (freeCount == free.length) {
                free = Arrays.copyOf(free, 2 * free.length);
            }
            free[freeCount++] = slot;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** All opens, or those of one tree. */
    public List<OpenEntry> all(@Nullable Tree tree) {
        var found = new ArrayList<OpenEntry>();
        lock.lock();
        try {
            for (int i = 0; i < used; i++) {
                OpenEntry entry = slots.get(i);
                if (entry != null && (tree == null || entry.tree() == tree)) {
                    found.add(entry);
                }
            }
        } finally {
            lock.unlock();
        }
        return found;
    }
}
