package dev.penstock.smb.volume;

import dev.penstock.smb.volume.host.FanotifyWatcher;
import dev.penstock.smb.volume.host.HostEvent;
import dev.penstock.smb.volume.host.HostWatcher;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.PosixException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a volume's events from beside the server, on a thread of its own, which also walks the trees that are watched. */
final class HostFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostFeed.class);

    /** A window that is closed and opened again, or a file that is opened every other second, costs nothing then. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    /** Longer than an event's work takes; the thread has nothing to lose. */
    private static final Duration STOPPING = Duration.ofSeconds(5);

    /**
     * How a volume is watched.
     *
     * @param watcher finds one for its folder
     * @param linger how long a folder stays watched after nobody has an interest in it
     */
    record Setting(Function<FileHandle, HostWatcher.Found> watcher, Duration linger) {
        static final Setting ON = new Setting(FanotifyWatcher::open, LINGER);
        static final Setting OFF = new Setting(_ -> new HostWatcher.Absent("it was turned off"), LINGER);
    }

    private final HostWatcher watcher;
    private final HostFolders folders;
    private final HostChanges changes;
    private final Queue<HostFolders.Watched> trees = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean closed;

    /** Takes the watcher over. */
    HostFeed(LocalVolume volume, HostWatcher watcher, Duration linger, String name) {
        this.watcher = watcher;
        this.folders = new HostFolders(watcher, linger);
        this.changes = new HostChanges(volume, folders);
        this.thread = Thread.ofPlatform().name("host-watch-" + name).daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    HostFolders folders() {
        return folders;
    }

    /** All below a folder that is held is watched, too, as soon as it was walked through. */
    void watchTree(HostFolders.Watched root) {
        if (folders.addTree(root)) {
            trees.add(root);
            watcher.wake();
        }
    }

    private void run() {
        while (!closed) {
            try {
                step();
            } catch (PosixException e) {
                LOG.error("changes from beside the server are not told any more: {}", e.getMessage());
                changes.lost();
                return;
            } catch (RuntimeException e) {
                LOG.error("a change from beside the server", e);
                changes.lost(); // whatever it was
            }
        }
    }

    private void step() throws PosixException {
        List<HostEvent> events = watcher.next(earlier(folders.millisToLeave(), changes.millisToTell()));
        if (changes.take(events)) {
            trees.addAll(folders.roots());
        }
        for (HostFolders.Watched root = trees.poll(); root != null && !closed; root = trees.poll()) {
            changes.walk(root, false);
        }
        folders.leaveIdle();
    }

    private static int earlier(int one, int other) {
        return one < 0 ? other : other < 0 ? one : Math.min(one, other);
    }

    @Override
    public void close() {
        closed = true;
        watcher.wake();
        boolean stopped = false;
        try {
            stopped = thread.join(STOPPING);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        folders.close();
        if (stopped) {
            watcher.close();
        }
    }

    /** A feed for a volume, or null where there is no watcher. */
    static @Nullable HostFeed of(LocalVolume volume, HostWatcher.Found found, Duration linger, String name) {
        if (!(found instanceof HostWatcher.Present present)) {
            return null;
        }
        var feed = new HostFeed(volume, present.watcher(), linger, name);
        feed.start();
        return feed;
    }
}
