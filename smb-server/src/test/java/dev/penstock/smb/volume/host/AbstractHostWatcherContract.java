package dev.penstock.smb.volume.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every watcher does. */
abstract class AbstractHostWatcherContract {
    private static final int PATIENCE = 10_000;

    @TempDir
    Path folder;

    private FileHandle handle;
    private HostWatcher watcher;

    /** A watcher for the folder. */
    abstract HostWatcher watcher(FileHandle root) throws IOException;

    /** Makes an empty file, by this process or another one. */
    abstract void make(HostWatcher watcher, Path file, boolean own) throws IOException;

    /** Renames, by another process. */
    abstract void rename(HostWatcher watcher, Path from, Path to) throws IOException;

    @BeforeEach
    void open() throws IOException {
        handle = Posix.openRoot(folder);
        watcher = watcher(handle);
    }

    @AfterEach
    void close() throws Exception {
        watcher.close();
        handle.close();
    }

    @Test
    void whatIsMadeInAWatchedFolderIsToldAndByWhom() throws IOException {
        FolderId id = watcher.watch(handle);
        make(watcher, folder.resolve("theirs"), false);
        make(watcher, folder.resolve("ours"), true);
        List<HostEvent> events = events(2);
        assertThat(events).anySatisfy(e -> isCreated(e, id, "theirs", false));
        assertThat(events).anySatisfy(e -> isCreated(e, id, "ours", true));
    }

    private static void isCreated(HostEvent event, FolderId id, String name, boolean own) {
        assertThat(event).isInstanceOf(HostEvent.Happened.class);
        var happened = (HostEvent.Happened) event;
        assertThat(happened.place()).isEqualTo(new HostEvent.Place(id, name));
        assertThat(happened.has(HostEvent.CREATED)).isTrue();
        assertThat(happened.own()).isEqualTo(own);
        assertThat(happened.isFolder()).isFalse();
    }

    @Test
    void bothNamesOfARenameComeTogether() throws IOException {
        Files.createFile(folder.resolve("a"));
        FolderId id = watcher.watch(handle);
        rename(watcher, folder.resolve("a"), folder.resolve("b"));
        assertThat(events(1))
                .containsExactly(new HostEvent.Renamed(
                        new HostEvent.Place(id, "a"), new HostEvent.Place(id, "b"), false, false));
    }

    @Test
    void aFolderThatIsLeftIsNotToldOf() throws IOException {
        Path below = Files.createDirectory(folder.resolve("below"));
        try (FileHandle other = Posix.openFolder(handle, "below")) {
            FolderId id = watcher.watch(handle);
            watcher.watch(other);
            watcher.unwatch(other);
            make(watcher, below.resolve("unseen"), false);
            make(watcher, folder.resolve("seen"), false);
            assertThat(events(1)).allSatisfy(e -> isCreated(e, id, "seen", false));
        }
    }

    @Test
    void whoWaitsCanBeWoken() throws Exception {
        var woken = new CountDownLatch(1);
        var thread = Thread.ofPlatform().start(() -> {
            try {
                watcher.next(-1);
                woken.countDown();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        watcher.wake();
        woken.await();
        thread.join();
    }

    @Test
    void whereNothingHappensTheWaitHasAnEnd() throws IOException {
        watcher.watch(handle);
        assertThat(watcher.next(1)).isEmpty();
    }

    private List<HostEvent> events(int least) throws IOException {
        var all = new ArrayList<HostEvent>();
        long end = System.nanoTime() + PATIENCE * 1_000_000L;
        while (all.size() < least && System.nanoTime() < end) {
            all.addAll(watcher.next(100));
        }
        return all;
    }
}
