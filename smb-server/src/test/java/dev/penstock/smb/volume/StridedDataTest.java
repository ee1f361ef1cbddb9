package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.StridedRead;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A strided read is as many READs: the same rights, the same locks. */
class StridedDataTest {
    @TempDir
    Path folder;

    private final Arena arena = Arena.ofShared();
    private final byte[] content = new byte[3_000_000];
    private DiskShare share;
    private ShareDriver client;

    @BeforeEach
    void open() throws IOException {
        new Random(5).nextBytes(content);
        Files.write(folder.resolve("matrix"), content);
        share = new DiskShare("test", folder);
        client = new ShareDriver(share);
    }

    @AfterEach
    void close() {
        share.close();
        arena.close();
    }

    private NtStatus read(Open open, StridedRead.Runs runs, MemorySegment into) {
        return ShareDriver.status(open.readStrided(
                client.context(), new StridedRead.Request(FileId.PREVIOUS, runs, 0, Blob.EMPTY), into));
    }

    @Test
    void runsArePackedWhateverTheGapsAre() {
        Open open = client.open(Ask.of("matrix"));
        for (var runs : new StridedRead.Runs[] {
            new StridedRead.Runs(7, 34, 68, 20_000),
            new StridedRead.Runs(0, 100, 4196, 700),
            new StridedRead.Runs(0, 100, 4197, 700),
            new StridedRead.Runs(1, 2_999_999, 2_999_999, 1),
            new StridedRead.Runs(0, 1000, 1000, 3000),
        }) {
            MemorySegment into = arena.allocate(runs.bytes());
            assertThat(read(open, runs, into)).isEqualTo(NtStatus.SUCCESS);
            for (int i = 0; i < runs.count(); i++) {
                var expected = MemorySegment.ofArray(content).asSlice(runs.at(i), runs.length());
                assertThat(into.asSlice((long) i * runs.length(), runs.length()).mismatch(expected))
                        .as("run %d of %s", i, runs)
                        .isEqualTo(-1);
            }
        }
        client.close(open);
    }

    @Test
    void aRunPastTheEndOfTheFileIsAnError() {
        Open open = client.open(Ask.of("matrix"));
        for (long stride : new long[] {100_000, 2000}) {
            int count = (int) (content.length / stride);
            var into = arena.allocate(1001L * count);
            var runs = new StridedRead.Runs(stride - 1000, 1001, stride, count);
            assertThat(read(open, runs, into)).isEqualTo(NtStatus.END_OF_FILE);
        }
        client.close(open);
    }

    @Test
    void theRightToReadIsNeeded() {
        Open open = client.open(Ask.of("matrix").access(AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES));
        var runs = new StridedRead.Runs(0, 10, 20, 3);
        assertThat(read(open, runs, arena.allocate(30))).isEqualTo(NtStatus.ACCESS_DENIED);
        client.close(open);
    }

    @Test
    void anotherOnesLockStandsAgainstRunsInItAndNotAgainstGaps() {
        Open mine = client.open(Ask.of("matrix"));
        Open other = client.open(Ask.of("matrix"));
        var range = new Lock.Element(110, 10, Lock.EXCLUSIVE_LOCK | Lock.FAIL_IMMEDIATELY);
        assertThat(ShareDriver.status(client.lock(other, range))).isEqualTo(NtStatus.SUCCESS);
        var into = arena.allocate(30);
        assertThat(read(mine, new StridedRead.Runs(0, 10, 50, 3), into)).isEqualTo(NtStatus.SUCCESS);
        assertThat(read(mine, new StridedRead.Runs(0, 10, 58, 3), into)).isEqualTo(NtStatus.FILE_LOCK_CONFLICT);
        assertThat(read(other, new StridedRead.Runs(0, 10, 58, 3), into)).isEqualTo(NtStatus.SUCCESS);
        client.close(mine);
        client.close(other);
    }

    @Test
    void foldersHaveNoRuns() {
        Open open = client.open(Ask.of("").options(Create.FILE_DIRECTORY_FILE));
        assertThat(open.readsStrided()).isFalse();
        client.close(open);
    }

    @Test
    void streamsAreReadByReadOnly() {
        Open open = client.open(Ask.of("matrix:notes").make());
        assertThat(open.readsStrided()).isFalse();
        client.close(open);
    }
}
