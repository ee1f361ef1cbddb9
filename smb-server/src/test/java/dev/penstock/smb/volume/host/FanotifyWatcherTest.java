package dev.penstock.smb.volume.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.penstock.smb.volume.posix.FileHandle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The kernel's own. */
@EnabledOnOs(OS.LINUX)
class FanotifyWatcherTest extends AbstractHostWatcherContract {
    @Override
    HostWatcher watcher(FileHandle root) {
        HostWatcher.Found found = FanotifyWatcher.open(root);
        assumeTrue(found instanceof HostWatcher.Present, found.toString());
        var watcher = ((HostWatcher.Present) found).watcher();
        assertThat(watcher.most()).isPositive();
        return watcher;
    }

    @Override
    void make(HostWatcher watcher, Path file, boolean own) throws IOException {
        if (own) {
            Files.createFile(file);
        } else {
            OtherProcess.run(file.getParent(), ": > '" + file.getFileName() + "'");
        }
    }

    @Override
    void rename(HostWatcher watcher, Path from, Path to) throws IOException {
        OtherProcess.run(from.getParent(), "mv '" + from.getFileName() + "' '" + to.getFileName() + "'");
    }
}
