package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.FileId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
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
        watch(root, NAMES, false, 1000).cancel(Deferred.Reason.CANCEL);
        driver.close(driver.open(Ask.of("a").makeFolder()));
        Open a = driver.open(Ask.of("a"));
        assertThat(driver.rename(a, "b", false)).isEqualTo(NtStatus.SUCCESS);
        driver.delete(a);
        driver.close(a);
        assertThat(watch(root, NAMES, false, 1000).records()).containsExactly("1 a", "4 a", "5 b", "2 b");
    }

    @Test
    void whatIsMoreThanTheFirstRequestHadRoomForIsListedAnew() {
        watch(root, NAMES, false, 20).cancel(Deferred.Reason.CANCEL);
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
        assertThat(flat.outcome).isNull();
        driver.close(second);
    }

    @Test
    void onlyWhatWasAskedForIsTold() {
        Open file = driver.open(Ask.of("f").make());
        var sizes = watch(root, ChangeRecord.SIZE, false, 1000);
        driver.close(driver.open(Ask.of("other").make()));
        assertThat(sizes.outcome).isNull();
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
        waiting.cancel(Deferred.Reason.CANCEL);
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
        assertThat(decode(out.buffer())).containsExactly("1 abc", "2 de");
        assertThat(out.position()).isEqualTo(20 + 16);
    }

    private Answer watch(Open open, int filter, boolean tree, int room) {
        return new Answer(open.changeNotify(
                driver.context(), new ChangeNotify.Request(tree ? 1 : 0, room, FileId.PREVIOUS, filter)));
    }

    private static List<String> decode(ByteBuffer bytes) {
        var in = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var found = new ArrayList<String>();
        int at = 0;
        int next;
        do {
            next = in.getInt(at);
            var name = new byte[in.getInt(at + 8)];
            in.get(at + 12, name);
            found.add(in.getInt(at + 4) + " " + new String(name, StandardCharsets.UTF_16LE));
            at += next;
        } while (next != 0);
        return found;
    }

    /** What became of a request, perhaps later. */
    private static final class Answer {
        private Outcome.Final outcome;
        private Deferred promise;

        Answer(Outcome first) {
            if (first instanceof Outcome.Pending pending) {
                promise = pending.deferred();
                promise.whenComplete(fin -> outcome = fin);
            } else {
                outcome = (Outcome.Final) first;
            }
        }

        void cancel(Deferred.Reason reason) {
            promise.cancel(reason);
        }

        NtStatus status() {
            return ShareDriver.status(outcome);
        }

        List<String> records() {
            assertThat(outcome).isInstanceOf(Outcome.Done.class);
            return decode(ByteBuffer.wrap(ShareDriver.bytes(((Outcome.Done) outcome).payload())));
        }
    }
}
