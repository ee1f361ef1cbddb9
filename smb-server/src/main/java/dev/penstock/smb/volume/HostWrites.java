package dev.penstock.smb.volume;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Files that are being written beside the server: each is told of once a second and when it is closed. A download of many gigabytes is
 * thousands of writes a second, and a client that is told of more than a few turns to listing the folder again and again. Used by one thread.
 */
final class HostWrites {
    /** Between two words about the same file. */
    static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

    /** Files written at the same time that are counted; of more, each write is told. */
    private static final int MOST = 4096;

    /** A file by the folder that it is in and its name on disk. */
    record Key(HostFolders.Watched folder, String name) {}

    private static final class State {
        final long until;
        boolean again;

        State(long until) {
            this.until = until;
        }
    }

    /** In the order in which their pauses end. */
    private final Map<Key, State> files = new LinkedHashMap<>();

    /** Whether a write is to be told now; if not, {@link #due} gives it back later. */
    boolean wrote(Key file, long now) {
        State known = files.get(file);
        if (known != null) {
            known.again = true;
            return false;
        }
        if (files.size() < MOST) {
            files.put(file, new State(now + PAUSE));
        }
        return true;
    }

    /** What there was to tell of a file has been told, or there is no such file. */
    void forget(Key file) {
        files.remove(file);
    }

    /** Files that were written again since they were told of. */
    List<Key> due(long now) {
        var due = new ArrayList<Key>();
        Iterator<Map.Entry<Key, State>> all = files.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<Key, State> next = all.next();
            if (next.getValue().until - now > 0) {
                break;
            }
            all.remove();
            if (next.getValue().again) {
                due.add(next.getKey());
            }
        }
        due.forEach(file -> files.put(file, new State(now + PAUSE)));
        return due;
    }

    /** Milliseconds until {@link #due} is to be asked; negative for never. */
    int millis(long now) {
        return files.isEmpty()
                ? -1
                : (int) TimeUnit.NANOSECONDS.toMillis(
                                Math.max(0, files.values().iterator().next().until - now))
                        + 1;
    }
}
