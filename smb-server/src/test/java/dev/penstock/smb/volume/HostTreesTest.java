package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.volume.host.OtherProcess;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole trees, with the kernel's events of what another process does. */
class HostTreesTest {
    private static final int NAMES = ChangeRecord.FILE_NAME | ChangeRecord.DIR_NAME;
    private static final int ROOM = 1 << 16;

    @TempDir
    Path folder;

    private DiskShare share;
    private ShareDriver driver;
    private Open root;

    @BeforeEach
    void open() throws IOException {
        var setting = new HostFeed.Setting(HostFeed.Setting.ON.watcher(), Duration.ofMillis(1));
        share = new DiskShare("test", folder, SharePreset.FINDER, DiskShare.NO_QUOTA, setting);
        assumeTrue(share.unwatched() == null, share.unwatched());
        driver = new ShareDriver(share);
        root = driver.open(Ask.of(""));
    }

    @AfterEach
    void close() {
        driver.close(root);
        await().untilAsserted(() -> assertThat(share.watchedFolders())
                .as("folders that are still watched")
                .isZero());
        share.close();
    }

    @Test
    void whatHappensDeepBelowIsTold() throws IOException {
        Files.createDirectories(folder.resolve("a/b/c"));
        Files.createDirectory(folder.resolve(".penstock"));
        var told = watch();
        await().until(() -> share.watchedFolders() == 4);
        OtherProcess.run(folder, ": > .penstock/x; : > a/b/c/f; mv a/b/c/f a/g; rm a/g");
        assertThat(collect(told, "2 a\\g")).containsExactly("1 a\\b\\c\\f", "2 a\\b\\c\\f", "1 a\\g", "2 a\\g");
    }

    @Test
    void aFolderThatComesFullIsToldToItsLeavesEachOnce() throws IOException {
        var told = watch();
        // The files are there before anybody could have begun to watch the folders.
        OtherProcess.run(folder, "mkdir -p new/deep/er; for i in 1 2 3 4 5; do : > new/$i; : > new/deep/er/$i; done");
        var seen = collect(told, "1 new\\deep\\er\\5");
        var expected = new ArrayList<>(List.of("1 new", "1 new\\deep", "1 new\\deep\\er"));
        for (int i = 1; i <= 5; i++) {
            expected.add("1 new\\" + i);
            expected.add("1 new\\deep\\er\\" + i);
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
        var next = watch();
        OtherProcess.run(folder, ": > new/deep/er/later");
        assertThat(collect(next, "1 new\\deep\\er\\later")).containsExactly("1 new\\deep\\er\\later");
        var last = watch();
        OtherProcess.run(folder, "rm -r new");
        assertThat(collect(last, "2 new")).contains("2 new\\deep\\er\\3", "2 new\\deep\\er", "2 new\\deep");
        await().until(() -> share.watchedFolders() == 1);
    }

    @Test
    void aFolderThatMovesWithinTheTreeIsWatchedWhereItIs() throws IOException {
        Files.createDirectories(folder.resolve("a/b"));
        Files.createDirectory(folder.resolve("z"));
        var told = watch();
        await().until(() -> share.watchedFolders() == 4);
        OtherProcess.run(folder, "mv a/b z/c; : > z/c/f");
        assertThat(collect(told, "1 z\\c\\f")).containsExactly("2 a\\b", "1 z\\c", "1 z\\c\\f");
        Open c = driver.open(Ask.of("z\\c"));
        var next = watch();
        assertThat(driver.rename(c, "z\\d", false)).isEqualTo(dev.penstock.smb.wire.erref.NtStatus.SUCCESS);
        driver.close(c);
        OtherProcess.run(folder, ": > z/d/g");
        assertThat(collect(next, "1 z\\d\\g")).containsExactly("4 z\\c", "5 z\\d", "1 z\\d\\g");
    }

    private NotifyAnswer watch() {
        return NotifyAnswer.ask(driver, root, NAMES, true, ROOM);
    }

    /** All records until one comes. */
    private List<String> collect(NotifyAnswer first, String last) {
        var all = new ArrayList<String>();
        NotifyAnswer[] answer = {first};
        await().until(() -> {
            if (!answer[0].isOpen()) {
                all.addAll(answer[0].records());
                answer[0] = watch();
            }
            return all.contains(last);
        });
        answer[0].cancelIfOpen();
        return all;
    }
}
