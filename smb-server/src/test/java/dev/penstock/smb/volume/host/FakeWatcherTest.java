package dev.penstock.smb.volume.host;

import dev.penstock.smb.volume.posix.FileHandle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The one that tests tell what to tell keeps the contract, too. */
class FakeWatcherTest extends AbstractHostWatcherContract {
    @Override
    HostWatcher watcher(FileHandle root) {
        return new FakeWatcher(10);
    }

    @Override
    void make(HostWatcher watcher, Path file, boolean own) throws IOException {
        Files.createFile(file);
        tell(watcher, FakeWatcher.happened(file, HostEvent.CREATED, own));
    }

    @Override
    void rename(HostWatcher watcher, Path from, Path to) throws IOException {
        Files.move(from, to);
        tell(watcher, new HostEvent.Renamed(FakeWatcher.place(from), FakeWatcher.place(to), false, false));
    }

    private static void tell(HostWatcher watcher, HostEvent event) {
        ((FakeWatcher) watcher).put(event);
    }
}
