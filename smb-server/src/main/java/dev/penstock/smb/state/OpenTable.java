package dev.penstock.smb.state;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.wire.smb2.FileId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The opens of one session. A handle is a slot, a generation that makes a used-up handle stay invalid, and a random part that makes one
 * session's handles useless in another. Belongs to the connection's loop.
 */
public final class OpenTable {
    /** Opens of one session: as many as Samba allows, and less than half of a process's usual limit of a million files. */
    public static final int MAX_OPENS = 65_520;

    private static final int SLOT_BITS = 20;

    private final long salt = ThreadLocalRandom.current().nextLong();
    private final ArrayList<@Nullable OpenEntry> slots = new ArrayList<>();
    private final ArrayList<Integer> free = new ArrayList<>();
    private long generation;

    /** Adds an open; null where the table is full. */
    public @Nullable OpenEntry add(Open open, Tree tree) {
        int slot;
        if (!free.isEmpty()) {
            slot = free.removeLast();
        } else if (slots.size() < MAX_OPENS) {
            slot = slots.size();
            slots.add(null);
        } else {
            return null;
        }
        long volatileId = ++generation << SLOT_BITS | slot;
        var entry = new OpenEntry(new FileId(volatileId ^ salt, volatileId), open, tree);
        slots.set(slot, entry);
        return entry;
    }

    /** The open of a handle whose both halves are right, or null. */
    public @Nullable OpenEntry find(FileId id) {
        int slot = (int) (id.volatileId() & (1 << SLOT_BITS) - 1);
        OpenEntry entry = slot < slots.size() ? slots.get(slot) : null;
        return entry != null && entry.id().equals(id) ? entry : null;
    }

    /** Takes an open out of the table. */
    public void remove(OpenEntry entry) {
        int slot = (int) (entry.id().volatileId() & (1 << SLOT_BITS) - 1);
        if (slots.get(slot) == entry) {
            slots.set(slot, null);
            free.add(slot);
        }
    }

    /** All opens, or those of one tree. */
    public List<OpenEntry> all(@Nullable Tree tree) {
        var found = new ArrayList<OpenEntry>();
        for (OpenEntry entry : slots) {
            if (entry != null && (tree == null || entry.tree() == tree)) {
                found.add(entry);
            }
        }
        return found;
    }
}
