package dev.penstock.smb.volume;

import static dev.penstock.smb.volume.host.FakeWatcher.happened;
import static dev.penstock.smb.volume.host.FakeWatcher.place;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.volume.host.FakeWatcher;
import dev.penstock.smb.volume.host.HostEvent;
import dev.penstock.smb.volume.host.HostWatcher;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is made of events, in each order that they may come in. */
class HostFeedTest {
    private static final int NAMES = ChangeRecord.FILE_NAME | ChangeRecord.DIR_NAME;
    private static final int ALL = 0xFFF;
    private static final int ROOM = 3;

    @TempDir
    Path folder;

    private FakeWatcher watcher;
    private DiskShare share;
    private ShareDriver driver;
    private Open root;

    @BeforeEach
    void open() throws IOException {
        watcher = new FakeWatcher(ROOM);
        share = new DiskShare(
                "test",
                folder,
                SharePreset.FINDER,
                DiskShare.NO_QUOTA,
                new HostFeed.Setting(_ -> new HostWatcher.Present(watcher), Duration.ZERO));
        driver = new ShareDriver(share);
        root = driver.open(Ask.of(""));
    }

    @AfterEach
    void close() {
        driver.close(root);
        share.close();
    }

    @Test
    void whatThisProcessDidItselfIsToldOnceByTheOneWhoDidIt() throws IOException {
        var told = watch(root, NAMES, false);
        driver.close(driver.open(Ask.of("f").make()));
        watcher.tell(happened(folder.resolve("f"), HostEvent.CREATED | HostEvent.CLOSED, true));
        assertThat(told.records()).containsExactly("1 f");
        var next = watch(root, ALL, false);
        watcher.tell(happened(folder.resolve("f"), HostEvent.ATTRIBUTES | HostEvent.WRITTEN, true));
        assertThat(next.isOpen()).isTrue();
    }

    @Test
    void whatSomebodyElseDidIsTold() throws IOException {
        var told = watch(root, ALL, false);
        Files.writeString(folder.resolve("f"), "x");
        watcher.tell(happened(folder.resolve("f"), HostEvent.CREATED | HostEvent.WRITTEN | HostEvent.CLOSED, false));
        assertThat(told.records()).containsExactly("1 f");
        assertThat(watch(root, ALL, false).records()).containsExactly("3 f");
    }

    @Test
    void ofWhatTheKernelHasPutTogetherTheEndIsLookedAt() throws IOException {
        var told = watch(root, NAMES, false);
        told.cancel();
        int both = HostEvent.CREATED | HostEvent.REMOVED;
        watcher.tell(happened(folder.resolve("gone"), both, false));
        Files.createFile(folder.resolve("back"));
        watcher.tell(happened(folder.resolve("back"), both, false));
        assertThat(watch(root, NAMES, false).records()).containsExactly("1 gone", "2 gone", "2 back", "1 back");
    }

    @Test
    void aNameThatIsTakenAgainAfterARenameIsThereInTheEnd() throws IOException {
        watch(root, NAMES, false).cancel();
        Files.createFile(folder.resolve("log"));
        Files.createFile(folder.resolve("log.1"));
        // Made, renamed, and made again: the second time is in the first event.
        watcher.tell(
                happened(folder.resolve("log"), HostEvent.CREATED, false),
                new HostEvent.Renamed(place(folder.resolve("log")), place(folder.resolve("log.1")), false, false));
        assertThat(watch(root, NAMES, false).records()).containsExactly("1 log", "4 log", "5 log.1", "1 log");
    }

    @Test
    void theServersOwnFilesAreNeverTold() throws IOException {
        var told = watch(root, ALL, false);
        watcher.tell(
                happened(folder.resolve(".penstock"), HostEvent.CREATED, false),
                happened(folder.resolve(".Penstock"), HostEvent.ATTRIBUTES, false),
                happened(folder.resolve(".penstock.0011"), HostEvent.CREATED, false));
        assertThat(told.isOpen()).isTrue();
        watcher.tell(new HostEvent.Renamed(
                place(folder.resolve(".penstock.0011")), place(folder.resolve("link")), false, false));
        assertThat(told.records()).containsExactly("1 link");
    }

    @Test
    void whatWasLostIsListedAnew() {
        var flat = watch(root, NAMES, false);
        Open second = driver.open(Ask.of(""));
        var tree = watch(second, NAMES, true);
        watcher.tell(new HostEvent.Lost());
        assertThat(flat.status()).isEqualTo(NtStatus.NOTIFY_ENUM_DIR);
        assertThat(tree.status()).isEqualTo(NtStatus.NOTIFY_ENUM_DIR);
        driver.close(second);
    }

    @Test
    void ofATreeThatIsTooLargeItIsToldOnceThatThereIsMore() throws IOException {
        for (int i = 0; i < 2 * ROOM; i++) {
            Files.createDirectory(folder.resolve("d" + i));
        }
        var told = watch(root, NAMES, true);
        watcher.tell();
        assertThat(told.status()).isEqualTo(NtStatus.NOTIFY_ENUM_DIR);
        assertThat(share.watchedFolders()).isEqualTo(ROOM);
        var next = watch(root, NAMES, true);
        Files.createFile(folder.resolve("f"));
        watcher.tell(happened(folder.resolve("f"), HostEvent.CREATED, false));
        assertThat(next.records()).containsExactly("1 f");
    }

    @Test
    void aTreeGrowsWithFoldersThatClientsMakeAndForgetsThoseThatGo() throws IOException {
        var told = watch(root, NAMES, true);
        driver.close(driver.open(Ask.of("d").makeFolder()));
        watcher.tell(happened(folder.resolve("d"), HostEvent.CREATED, true));
        assertThat(told.records()).containsExactly("1 d");
        assertThat(share.watchedFolders()).isEqualTo(2);
        var below = watch(root, NAMES, true);
        Files.createFile(folder.resolve("d/f"));
        watcher.tell(happened(folder.resolve("d/f"), HostEvent.CREATED, false));
        assertThat(below.records()).containsExactly("1 d\\f");
        Files.delete(folder.resolve("d/f"));
        HostEvent gone = new HostEvent.Happened(place(folder.resolve("d")), HostEvent.REMOVED, true, false);
        Files.delete(folder.resolve("d"));
        var last = watch(root, NAMES, true);
        watcher.tell(gone);
        assertThat(last.records()).containsExactly("2 d");
        assertThat(share.watchedFolders()).isEqualTo(1);
    }

    @Test
    void aFolderThatSomebodyRenamesIsWatchedUnderItsNewName() throws IOException {
        Files.createDirectories(folder.resolve("a/b"));
        var told = watch(root, NAMES, true);
        watcher.tell();
        Files.move(folder.resolve("a"), folder.resolve("z"));
        watcher.tell(new HostEvent.Renamed(place(folder.resolve("a")), place(folder.resolve("z")), true, false));
        assertThat(told.records()).containsExactly("4 a", "5 z");
        var next = watch(root, NAMES, true);
        Files.createFile(folder.resolve("z/b/f"));
        watcher.tell(happened(folder.resolve("z/b/f"), HostEvent.CREATED, false));
        assertThat(next.records()).containsExactly("1 z\\b\\f");
    }

    @Test
    void aFolderIsLeftWhenNobodyWatchesIt() {
        Open second = driver.open(Ask.of(""));
        watch(root, NAMES, false);
        watch(second, NAMES, true);
        assertThat(share.watchedFolders()).isEqualTo(1);
        driver.close(root);
        watcher.tell();
        assertThat(share.watchedFolders()).isEqualTo(1);
        driver.close(second);
        watcher.tell();
        watcher.tell();
        assertThat(share.watchedFolders()).isZero();
        root = driver.open(Ask.of(""));
    }

    @Test
    void whereThereIsNoWatcherTheShareSaysWhyAndWorks() throws IOException {
        try (var off = new DiskShare("off", folder, SharePreset.FINDER, DiskShare.NO_QUOTA, false)) {
            assertThat(off.unwatched()).isEqualTo("it was turned off");
            var other = new ShareDriver(off);
            Open dir = other.open(Ask.of(""));
            var told = NotifyAnswer.ask(other, dir, NAMES, true);
            other.close(other.open(Ask.of("f").make()));
            assertThat(told.records()).containsExactly("1 f");
            assertThat(off.watchedFolders()).isZero();
            other.close(dir);
        }
    }

    private NotifyAnswer watch(Open open, int filter, boolean tree) {
        return NotifyAnswer.ask(driver, open, filter, tree);
    }
}
