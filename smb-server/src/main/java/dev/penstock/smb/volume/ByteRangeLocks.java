package dev.penstock.smb.volume;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The byte-range locks of one file, which are mandatory: they hold against the reads and writes of others. [MS-FSA] 2.1.5.8, 2.1.4.10.
 * Offsets and lengths are unsigned 64-bit numbers whose sum does not overflow. Guarded by the file's own lock.
 */
final class ByteRangeLocks {
    private final List<Range> held = new ArrayList<>();

    /** Who holds a lock is told by identity: each open is a holder of its own. */
    private record Range(Object holder, long offset, long length, boolean exclusive) {
        boolean overlaps(long from, long count) {
            if (length == 0 || count == 0) {
                // No bytes lie between two bytes: they conflict only with a range that has bytes on both sides of them.
                return length != count && (length == 0 ? inside(offset, from, count) : inside(from, offset, length));
            }
            return Long.compareUnsigned(from, offset + length - 1) <= 0
                    && Long.compareUnsigned(offset, from + count - 1) <= 0;
        }

        private static boolean inside(long point, long from, long count) {
            return Long.compareUnsigned(point, from) > 0 && Long.compareUnsigned(point, from + count - 1) <= 0;
        }
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    /**
     * Takes a lock unless another stands against it. A holder's own locks count too, but a shared lock may be put on top of the holder's
     * exclusive one.
     */
    boolean lock(Object holder, long offset, long length, boolean exclusive) {
        for (Range range : held) {
            boolean against = exclusive || (range.exclusive && !range.holder.equals(holder));
            if (against && range.overlaps(offset, length)) {
                return false;
            }
        }
        held.add(new Range(holder, offset, length, exclusive));
        return true;
    }

    /** Gives up the lock on exactly this range; the answer is false where the holder has none. */
    boolean unlock(Object holder, long offset, long length) {
        Range found = find(holder, offset, length);
        return found != null && held.remove(found);
    }

    /** Whether the holder has a lock on exactly this range. */
    boolean holds(Object holder, long offset, long length) {
        return find(holder, offset, length) != null;
    }

    private @Nullable Range find(Object holder, long offset, long length) {
        // Where one holder has both kinds on the same range, the exclusive one is given up first.
        Range shared = null;
        for (Range range : held) {
            if (range.holder.equals(holder) && range.offset == offset && range.length == length) {
                if (range.exclusive) {
                    return range;
                }
                shared = shared == null ? range : shared;
            }
        }
        return shared;
    }

    /** Gives up all that a holder has; the answer tells whether there was any. */
    boolean release(Object holder) {
        return held.removeIf(range -> range.holder.equals(holder));
    }

    /** Whether a read by {@code reader} meets an exclusive lock of somebody else. */
    boolean blocksRead(Object reader, long offset, long length) {
        return length != 0
                && held.stream().anyMatch(r -> r.exclusive && !r.holder.equals(reader) && r.overlaps(offset, length));
    }

    /** Whether a write by {@code writer} meets a lock: anybody's shared one, or an exclusive one of somebody else. */
    boolean blocksWrite(Object writer, long offset, long length) {
        return length != 0
                && held.stream().anyMatch(r -> !(r.exclusive && r.holder.equals(writer)) && r.overlaps(offset, length));
    }
}
