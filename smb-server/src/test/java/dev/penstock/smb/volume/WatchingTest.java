package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchingTest {
    private static final int NAMES = ChangeRecord.FILE_NAME | ChangeRecord.DIR_NAME;

    @TempDir
    Path folder;

    private DiskShare share;
    private ShareDriver driver;
    private Open root;

    @BeforeEach
    void open() throws Exception {
        share = new DiskShare("test", folder);
        driver = new ShareDriver(share);
        root = driver.open(Ask.of("").access(AccessMask.READ_DATA));
    }

    @AfterEach
    void close() {
        share.close();
    }

    @Test
    void aRequestWaitsForAChangeAndTellsOfIt() {
        var waiting = watch(root, NAMES, false, 1000);
        driver.close(driver.open(Ask.of("new").make()));
        assertThat(waiting.records()).containsExactly("1 new");
    }

    @Test
    void whatHappensBetweenTwoRequestsIsKept() {
        watch(root, NAMES, false, 1000).cancel();
        driver.close(driver.open(Ask.of("a").makeFolder()));
        Open a = driver.open(Ask.of("a"));
        assertThat(driver.rename(a, "b", false)).isEqualTo(NtStatus.SUCCESS);
        driver.delete(a);
        driver.close(a);
        assertThat(watch(root, NAMES, false, 1000).records()).containsExactly("1 a", "4 a", "5 b", "2 b");
    }

    @Test
    void whatIsMoreThanTheFirstRequestHadRoomForIsListedAnew() {
        watch(root, NAMES, false, 20).cancel();
        driver.close(driver.open(Ask.of("one").make()));
        driver.close(driver.open(Ask.of("two").make()));
        assertThat(watch(root, NAMES, false, 1000).status()).isEqualTo(NtStatus.NOTIFY_ENUM_DIR);
        var next = watch(root, NAMES, false, 1000);
        driver.close(driver.open(Ask.of("t").make()));
        assertThat(next.records()).containsExactly("1 t");
    }

    @Test
    void aTreeIsWatchedToItsLeavesAndAFolderIsNot() {
        driver.close(driver.open(Ask.of("a").makeFolder()));
        driver.close(driver.open(Ask.of("a\\b").makeFolder()));
        Open second = driver.open(Ask.of(""));
        var tree = watch(root, NAMES, true, 1000);
        var flat = watch(second, NAMES, false, 1000);
        driver.close(driver.open(Ask.of("a\\b\\c").make()));
        assertThat(tree.records()).containsExactly("1 a\\b\\c");
        assertThat(flat.isOpen()).isTrue();
        driver.close(second);
    }

    @Test
    void onlyWhatWasAskedForIsTold() {
        Open file = driver.open(Ask.of("f").make());
        var sizes = watch(root, ChangeRecord.SIZE, false, 1000);
        driver.close(driver.open(Ask.of("other").make()));
        assertThat(sizes.isOpen()).isTrue();
        driver.write(file, 0, "text");
        assertThat(sizes.records()).containsExactly("3 f");
        driver.close(file);
    }

    @Test
    void closingAnswersWhoWaits() {
        Open dir = driver.open(Ask.of("d").makeFolder());
        var waiting = watch(dir, NAMES, true, 1000);
        driver.close(dir);
        assertThat(waiting.status()).isEqualTo(NtStatus.NOTIFY_CLEANUP);
    }

    @Test
    void cancellingAnswersWhoWaits() {
        var waiting = watch(root, NAMES, true, 1000);
        waiting.cancel();
        assertThat(waiting.status()).isEqualTo(NtStatus.CANCELLED);
    }

    @Test
    void aFolderThatIsGoingToBeDeletedIsWatchedNoLonger() {
        Open dir = driver.open(Ask.of("d").makeFolder());
        var waiting = watch(dir, NAMES, true, 1000);
        Open other = driver.open(Ask.of("d"));
        driver.delete(other);
        assertThat(waiting.status()).isEqualTo(NtStatus.DELETE_PENDING);
        assertThat(watch(dir, NAMES, true, 1000).status()).isEqualTo(NtStatus.DELETE_PENDING);
        driver.close(other);
        driver.close(dir);
    }

    @Test
    void aWatchGoesWithItsFolderWhenThatIsRenamed() {
        Open dir = driver.open(Ask.of("d").makeFolder());
        var waiting = watch(dir, NAMES, true, 1000);
        assertThat(driver.rename(dir, "e", false)).isEqualTo(NtStatus.SUCCESS);
        driver.close(driver.open(Ask.of("e\\x").make()));
        assertThat(waiting.records()).containsExactly("1 x");
        driver.close(dir);
    }

    @Test
    void filesAreNotWatched() {
        Open file = driver.open(Ask.of("f").make());
        assertThat(watch(file, NAMES, false, 100).status()).isEqualTo(NtStatus.INVALID_PARAMETER);
        driver.close(file);
    }

    @Test
    void recordsAreAlignedAndChained() {
        var out = new WireWriter();
        ChangeRecord.encodeList(List.of(new ChangeRecord(1, "abc"), new ChangeRecord(2, "de")), out);
        assertThat(NotifyAnswer.decode(out.buffer())).containsExactly("1 abc", "2 de");
        assertThat(out.position()).isEqualTo(20 + 16);
    }

    private NotifyAnswer watch(Open open, int filter, boolean tree, int room) {
        return NotifyAnswer.ask(driver, open, filter, tree, room);
    }
}
