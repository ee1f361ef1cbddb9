package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Lock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiskShareTest extends ShareTest {
    @AfterEach
    void closeShare() {
        share.close();
        assertThat(client.slabs.outstanding()).isZero();
    }

    @Test
    void whatIsWrittenIsReadAndIsOnDisk() throws IOException {
        Open file = client.open(Ask.of("a.txt").make());
        assertThat(ShareDriver.status(client.write(file, 0, "hello"))).isEqualTo(NtStatus.SUCCESS);
        assertThat(client.readText(file, 1, 100)).isEqualTo("ello");
        assertThat(ShareDriver.status(client.read(file, 5, 1))).isEqualTo(NtStatus.END_OF_FILE);
        client.close(file);
        assertThat(folder.resolve("a.txt")).hasContent("hello");
    }

    @Test
    void namesAreFoundWithoutRegardToCaseAndKeepTheirs() throws IOException {
        Files.createDirectories(folder.resolve("Models/Llama"));
        Files.writeString(folder.resolve("Models/Llama/Shard.gguf"), "x");
        Open file = client.open(Ask.of("MODELS\\llama\\sHARD.GGUF"));
        assertThat(client.readText(file, 0, 10)).isEqualTo("x");
        client.close(file);
        assertThat(client.refusal(Ask.of("models\\LLAMA\\shard.gguf").make()))
                .isEqualTo(NtStatus.OBJECT_NAME_COLLISION);
    }

    @Test
    void aNameMadeByAnotherProgramIsFoundAfterTheFolderWasIndexed() throws IOException {
        assertThat(client.refusal(Ask.of("late.txt"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        Files.writeString(folder.resolve("Late.txt"), "x");
        client.close(client.open(Ask.of("late.txt")));
        Files.delete(folder.resolve("Late.txt"));
        assertThat(client.refusal(Ask.of("late.txt"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
    }

    @Test
    void noPathLeavesTheShare() throws IOException {
        Path outside = Files.createDirectory(folder.resolveSibling(folder.getFileName() + "-outside"));
        try {
            Files.writeString(outside.resolve("secret"), "x");
            Files.createSymbolicLink(folder.resolve("door"), outside);
            Files.createSymbolicLink(folder.resolve("window"), outside.resolve("secret"));
            for (String name : new String[] {"door\\secret", "door", "window"}) {
                assertThat(client.refusal(Ask.of(name))).isEqualTo(NtStatus.STOPPED_ON_SYMLINK);
            }
            assertThat(client.refusal(Ask.of("window").disposition(Create.FILE_OVERWRITE_IF)))
                    .isEqualTo(NtStatus.STOPPED_ON_SYMLINK);
            for (String name : new String[] {"..\\secret", "a\\..\\..\\b", "..", ".", "a/b", "\\a", "a\\\\b", "a\0b"}) {
                assertThat(client.refusal(Ask.of(name).make()))
                        .as(name)
                        .isIn(
                                NtStatus.OBJECT_NAME_INVALID,
                                NtStatus.OBJECT_PATH_SYNTAX_BAD,
                                NtStatus.OBJECT_PATH_NOT_FOUND,
                                NtStatus.INVALID_PARAMETER);
            }
            Open root = client.open(Ask.of("").access(AccessMask.FILE_GENERIC_READ));
            assertThat(client.list(root, "*", 65536)).containsExactlyInAnyOrder(".", "..", "door", "window");
            client.close(root);
        } finally {
            Files.delete(outside.resolve("secret"));
            Files.delete(outside);
        }
    }

    @Test
    void dispositionsDoWhatTheyAreCalled() throws IOException {
        assertThat(client.refusal(Ask.of("f"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        assertThat(client.refusal(Ask.of("f").disposition(Create.FILE_OVERWRITE)))
                .isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        var created = ShareDriver.opened(client.create(Ask.of("f").disposition(Create.FILE_OPEN_IF)));
        assertThat(created.response().createAction()).isEqualTo(Create.ACTION_CREATED);
        client.write(created.open(), 0, "old");
        client.close(created.open());
        var overwritten = ShareDriver.opened(client.create(Ask.of("f").disposition(Create.FILE_OVERWRITE_IF)));
        assertThat(overwritten.response().createAction()).isEqualTo(Create.ACTION_OVERWRITTEN);
        assertThat(overwritten.response().endOfFile()).isZero();
        client.close(overwritten.open());
        assertThat(folder.resolve("f")).isEmptyFile();
        assertThat(client.refusal(Ask.of("f").options(Create.FILE_DIRECTORY_FILE)))
                .isEqualTo(NtStatus.NOT_A_DIRECTORY);
        client.close(client.open(Ask.of("d").makeFolder()));
        assertThat(client.refusal(Ask.of("d").options(Create.FILE_NON_DIRECTORY_FILE)))
                .isEqualTo(NtStatus.FILE_IS_A_DIRECTORY);
        assertThat(client.refusal(Ask.of("nowhere\\f").make())).isEqualTo(NtStatus.OBJECT_PATH_NOT_FOUND);
    }

    @Test
    void sharingIsCheckedBothWays() {
        Open reader = client.open(
                Ask.of("f").make().access(AccessMask.FILE_GENERIC_READ).share(Create.FILE_SHARE_READ));
        assertThat(client.refusal(Ask.of("f").access(AccessMask.WRITE_DATA))).isEqualTo(NtStatus.SHARING_VIOLATION);
        assertThat(client.refusal(Ask.of("f").access(AccessMask.READ_DATA).share(0)))
                .isEqualTo(NtStatus.SHARING_VIOLATION);
        client.close(client.open(Ask.of("f").access(AccessMask.READ_ATTRIBUTES).share(0)));
        client.close(client.open(Ask.of("f").access(AccessMask.READ_DATA)));
        client.close(reader);
        client.close(client.open(Ask.of("f").access(AccessMask.WRITE_DATA)));
    }

    @Test
    void aDeletedNameGoesWithTheLastOpen() {
        Open one = client.open(Ask.of("f").make());
        Open two = client.open(Ask.of("f"));
        assertThat(client.delete(one)).isEqualTo(NtStatus.SUCCESS);
        assertThat(client.refusal(Ask.of("f"))).isEqualTo(NtStatus.DELETE_PENDING);
        client.close(one);
        assertThat(folder.resolve("f")).exists();
        assertThat(client.refusal(Ask.of("f"))).isEqualTo(NtStatus.DELETE_PENDING);
        assertThat(client.refusal(Ask.of("f").make())).isEqualTo(NtStatus.DELETE_PENDING);
        client.close(two);
        assertThat(folder.resolve("f")).doesNotExist();
        Open again = client.open(Ask.of("f").make().options(Create.FILE_DELETE_ON_CLOSE));
        client.close(again);
        assertThat(folder.resolve("f")).doesNotExist();
    }

    @Test
    void aFolderWithSomethingInItIsNotDeleted() throws IOException {
        Open dir = client.open(Ask.of("d").makeFolder());
        Files.writeString(folder.resolve("d/x"), "x");
        assertThat(client.delete(dir)).isEqualTo(NtStatus.DIRECTORY_NOT_EMPTY);
        Files.delete(folder.resolve("d/x"));
        assertThat(client.delete(dir)).isEqualTo(NtStatus.SUCCESS);
        client.close(dir);
        assertThat(folder.resolve("d")).doesNotExist();
    }

    @Test
    void renamesMoveReplaceAndChangeCase() throws IOException {
        Files.createDirectory(folder.resolve("d"));
        Files.writeString(folder.resolve("taken"), "x");
        Open file = client.open(Ask.of("f").make());
        client.write(file, 0, "content");
        assertThat(client.rename(file, "taken", false)).isEqualTo(NtStatus.OBJECT_NAME_COLLISION);
        assertThat(client.rename(file, "d\\g", false)).isEqualTo(NtStatus.SUCCESS);
        assertThat(client.rename(file, "d\\G", false)).isEqualTo(NtStatus.SUCCESS);
        assertThat(folder.resolve("d/G")).hasContent("content");
        assertThat(client.rename(file, "TAKEN", true)).isEqualTo(NtStatus.SUCCESS);
        assertThat(folder.resolve("TAKEN")).hasContent("content");
        assertThat(folder.resolve("taken")).doesNotExist();
        assertThat(client.rename(file, "nowhere\\f", true)).isEqualTo(NtStatus.OBJECT_PATH_NOT_FOUND);
        client.delete(file);
        client.close(file);
        assertThat(folder.resolve("TAKEN")).doesNotExist();
    }

    @Test
    void aFolderThatHoldsAnOpenFileIsNotRenamed() {
        Open dir = client.open(Ask.of("d").makeFolder());
        Open file = client.open(Ask.of("d\\f").make());
        assertThat(client.rename(dir, "e", false)).isEqualTo(NtStatus.ACCESS_DENIED);
        client.close(file);
        assertThat(client.rename(dir, "e", false)).isEqualTo(NtStatus.SUCCESS);
        client.close(dir);
        assertThat(folder.resolve("e/f")).exists();
    }

    @Test
    void aShortReadOfWhatIsInThePageCacheIsAnsweredAtOnceUnlessALockOrTheEndIsInTheWay() {
        Open file = client.open(Ask.of("cached").make());
        Open other = client.open(Ask.of("cached"));
        client.write(file, 0, "0123456789");
        assertThat(client.readNow(file, 2, 8)).isEqualTo("23456789");
        assertThat(client.readNow(file, 3, 8)).as("past the end").isNull();
        assertThat(client.readNow(file, -1, 8)).as("before the start").isNull();
        assertThat(client.readNow(client.open(Ask.of("")), 0, 8)).as("a folder").isNull();
        client.lock(other, new Lock.Element(0, 1, Lock.EXCLUSIVE_LOCK | Lock.FAIL_IMMEDIATELY));
        assertThat(client.readNow(file, 0, 4)).as("locked by another").isNull();
        client.close(file);
        client.close(other);
    }

    @Test
    void locksAreMandatoryForOthersAndWaitersAreServed() {
        Open one = client.open(Ask.of("f").make());
        Open two = client.open(Ask.of("f"));
        client.write(one, 0, "0123456789");
        var exclusive = new Lock.Element(2, 4, Lock.EXCLUSIVE_LOCK | Lock.FAIL_IMMEDIATELY);
        assertThat(ShareDriver.status(client.lock(one, exclusive))).isEqualTo(NtStatus.SUCCESS);
        assertThat(ShareDriver.status(client.lock(two, exclusive))).isEqualTo(NtStatus.LOCK_NOT_GRANTED);
        assertThat(ShareDriver.status(client.read(two, 5, 1))).isEqualTo(NtStatus.FILE_LOCK_CONFLICT);
        assertThat(ShareDriver.status(client.write(two, 5, "x"))).isEqualTo(NtStatus.FILE_LOCK_CONFLICT);
        assertThat(client.readText(two, 6, 4)).isEqualTo("6789");
        assertThat(client.readText(one, 2, 4)).isEqualTo("2345");

        var outcome = client.lock(two, new Lock.Element(0, 10, Lock.EXCLUSIVE_LOCK));
        assertThat(ShareDriver.status(outcome)).isEqualTo(NtStatus.PENDING);
        var answer = new AtomicReference<Outcome.Final>();
        ((Outcome.Pending) outcome).deferred().whenComplete(answer::set);
        assertThat(answer.get()).isNull();
        client.lock(one, new Lock.Element(2, 4, Lock.UNLOCK));
        assertThat(ShareDriver.status(answer.get())).isEqualTo(NtStatus.SUCCESS);
        assertThat(ShareDriver.status(client.lock(one, new Lock.Element(2, 4, Lock.UNLOCK))))
                .isEqualTo(NtStatus.RANGE_NOT_LOCKED);

        var cancelled = (Outcome.Pending) client.lock(one, new Lock.Element(0, 1, Lock.SHARED_LOCK));
        cancelled.deferred().whenComplete(answer::set);
        cancelled.deferred().cancel(Deferred.Reason.CANCEL);
        assertThat(ShareDriver.status(answer.get())).isEqualTo(NtStatus.CANCELLED);
        client.close(two);
        client.close(one);
    }

    @Test
    void aFolderIsListedWholeWithAnyBuffer() throws IOException {
        var expected = new ArrayList<String>();
        expected.add(".");
        expected.add("..");
        for (int i : IntStream.range(0, 300).toArray()) {
            Files.writeString(folder.resolve("file-" + i), "x");
            expected.add("file-" + i);
        }
        Open root = client.open(Ask.of("").access(AccessMask.FILE_GENERIC_READ));
        for (int room : new int[] {90, 1000, 4096, 1 << 20}) {
            assertThat(client.list(root, "*", room))
                    .as("room for %d bytes", room)
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
        assertThat(client.list(root, "file-1?", 4096)).hasSize(10);
        assertThat(client.list(root, "FILE-7", 4096)).containsExactly("file-7");
        assertThat(client.list(root, "none*", 4096)).isEmpty();
        client.close(root);
    }

    @Test
    void attributesAndTimesAreKept() {
        Open file = client.open(Ask.of("f").make());
        long creation = 132_000_000_000_000_000L;
        long write = 133_000_000_000_000_000L;
        var basic = new WireWriter().i64(creation).i64(0).i64(write).i64(0);
        basic.i32(FileAttributes.HIDDEN | FileAttributes.READONLY).i32(0);
        assertThat(client.set(file, 4, basic)).isEqualTo(NtStatus.SUCCESS);
        client.write(file, 0, "a write through the same handle leaves the time that was set");
        client.close(file);
        Open again = client.open(Ask.of("f").access(AccessMask.FILE_GENERIC_READ));
        var info = ByteBuffer.wrap(client.info(again, 1, 4, 40)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(info.getLong(0)).isEqualTo(creation);
        assertThat(info.getLong(16)).isEqualTo(write);
        assertThat(info.getInt(32)).isEqualTo(FileAttributes.HIDDEN | FileAttributes.READONLY);
        client.close(again);
        assertThat(client.refusal(Ask.of("f").access(AccessMask.WRITE_DATA))).isEqualTo(NtStatus.ACCESS_DENIED);
    }

    @Test
    void anEmptyFileHasNoAllocation() {
        Open file = client.open(Ask.of("f").make());
        var info = ByteBuffer.wrap(client.info(file, 1, 5, 24)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(info.getLong(0)).isZero();
        client.set(file, 19, new WireWriter().i64(1 << 20));
        info = ByteBuffer.wrap(client.info(file, 1, 5, 24)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(info.getLong(0)).isGreaterThanOrEqualTo(1 << 20);
        assertThat(info.getLong(8)).isZero();
        client.close(file);
    }

    @Test
    void namesThatOnlyTheDiskAllowsAreShownInThePrivateRange() throws IOException {
        Files.writeString(folder.resolve("a:b?."), "x");
        Open root = client.open(Ask.of("").access(AccessMask.FILE_GENERIC_READ));
        assertThat(client.list(root, "a*", 4096)).containsExactly("a\uF022b\uF025\uF029");
        client.close(root);
        client.close(client.open(Ask.of("a\uF022b\uF025\uF029")));
    }
}
