package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Laptops that sleep, cables that are pulled, channels that are lost while something is under way. */
class AwayTest extends MacTest {
    /** The lid is shut; the server notices, or does not before the Mac is back. */
    @ParameterizedTest
    @CsvSource({"true,2", "false,2", "true,1", "false,1"})
    void afterASleepADocumentIsStillOpenWithItsDataItsLeaseAndItsLock(boolean noticed, int version) throws IOException {
        Mac mac = mount();
        Guid guid = MacSession.random();
        MacFile document = mac.openToWrite("novel.pages", guid, version);
        assertThat(document.contexts().durable).isGreaterThanOrEqualTo(version == 2 ? 30_000 : 0);
        assertThat(document.lease()).isEqualTo(LeaseState.ALL);
        document.write(0, bytes("Chapter 1"));
        assertThat(document.lock()).isEqualTo(NtStatus.SUCCESS);
        long id = document.fileId();

        if (noticed) {
            long before = server.counters().disconnections();
            mac.lose();
            await().until(() -> server.counters().disconnections() > before);
        }
        mac.comeBack();
        document.takeBack(guid);

        assertThat(document.lease()).isEqualTo(LeaseState.ALL);
        assertThat(document.read(0, 100)).isEqualTo(bytes("Chapter 1"));
        document.write(9, bytes(", page 2"));
        MacFile other = mount().open(MacCreate.open("novel.pages", MacCreate.READS | MacCreate.WRITES));
        assertThat(other.lock()).as("the lock was held all the time").isEqualTo(NtStatus.LOCK_NOT_GRANTED);
        document.unlock();
        document.close();
        other.close();
        var files = new MacFiles(mac);
        assertThat(files.read("novel.pages")).isEqualTo(bytes("Chapter 1, page 2"));
        assertThat(files.entry("novel.pages").fileId()).isEqualTo(id);
    }

    @Test
    void aDocumentInAFolderThatWasRenamedIsFoundAgainAfterASleep() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.makeFolder("a");
        files.makeFolder("a/b");
        Guid guid = MacSession.random();
        MacFile document = mac.openToWrite("a/b/novel", guid);
        document.write(0, bytes("x"));
        MacFile window = mac.open(MacCreate.openFolder("a\\b", MacCreate.READS));
        MacWire.Waiting told = mac.watch(window);
        await().until(told::isPending);
        files.rename("a", "z");
        new MacFiles(mount()).write("z/b/other", bytes("y"));
        assertThat(Mac.changes(told.get())).contains("1 other");
        mac.lose();
        mac.comeBack();
        document.takeBack(guid, "z/b/novel");
        document.write(1, bytes("y"));
        document.close();
        assertThat(folder.resolve("z/b/novel")).hasContent("xy");
    }

    @Test
    void whoeverWasAwayWhileSomebodyElseTookTheFileIsToldSo() throws IOException {
        Mac mac = mount();
        Guid guid = MacSession.random();
        MacFile document = mac.openToWrite("shared.key", guid);
        document.write(0, bytes("mine"));
        long before = server.counters().disconnections();
        mac.lose();
        await().until(() -> server.counters().disconnections() > before);

        var other = new MacFiles(mount());
        other.write("shared.key", bytes("yours"));

        mac.comeBack();
        assertThatThrownBy(() -> document.takeBack(guid))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.status()).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND));
        assertThat(new MacFiles(mac).read("shared.key")).isEqualTo(bytes("yours"));
    }

    @Test
    void nothingThatWasBeingWrittenIsLostOrDoubledWhenTheCableIsPulled() throws IOException {
        int part = 256 << 10;
        byte[] film = new byte[64 * part];
        new Random(64).nextBytes(film);
        Mac mac = mount();
        Guid guid = MacSession.random();
        MacFile file = mac.openToWrite("capture.mov", guid);
        var waiting = new ArrayDeque<Integer>();
        var underWay = new ArrayDeque<MacWire.Waiting>();
        for (int i = 0; i < 64; i++) {
            if (i == 20) {
                underWay.forEach(one -> Mac.check(one.get()));
                underWay.clear();
                waiting.clear();
                mac.wire().loseAnswers();
            }
            if (i == 40) {
                break; // no credits come any more, and the application does not know yet
            }
            underWay.add(file.startWrite((long) i * part, Arrays.copyOfRange(film, i * part, (i + 1) * part)));
            waiting.add(i);
        }
        mac.lose();
        assertThat(waiting).hasSize(20);
        assertThatThrownBy(() -> underWay.getLast().get()).isInstanceOf(MacWire.Lost.class);

        mac.comeBack();
        file.takeBack(guid);
        for (int i : waiting) {
            file.write((long) i * part, Arrays.copyOfRange(film, i * part, (i + 1) * part));
        }
        file.write(40L * part, Arrays.copyOfRange(film, 40 * part, film.length));
        file.fullSync();
        file.close();
        assertThat(Files.readAllBytes(folder.resolve("capture.mov"))).isEqualTo(film);
        assertThat(new MacFiles(mac).list("")).hasSize(1);
    }

    @Test
    void whatWasUnderWayOnALostChannelIsSentAgainOnAnother() throws IOException {
        Mac mac = mount();
        MacSession second = mac.session().bind();
        MacFile file = mac.openToWrite("f", MacSession.random());
        second.wire().loseAnswers();
        byte[] text = bytes("written once");
        second.wire().send(List.of(file.writing(3, text, 0)));
        await().until(() -> Files.size(folder.resolve("f")) == 3 + text.length);
        second.wire().cut();
        Mac.check(file.writeAgain(mac.wire(), 3, text));
        file.write(3 + text.length, bytes("!"));
        file.close();
        assertThat(folder.resolve("f")).hasContent("\0\0\0written once!");
    }

    @Test
    void aFileMadeOnALostChannelIsNotMadeTwice() throws IOException {
        Mac mac = mount();
        MacSession second = mac.session().bind();
        Guid guid = MacSession.random();
        MacCreate create = MacCreate.open("new", MacCreate.READS | MacCreate.WRITES)
                .share(0)
                .disposition(Create.FILE_CREATE)
                .askFileId()
                .durable(guid, 0)
                .lease(MacSession.random(), LeaseState.ALL, mac.folderKey(""));
        second.wire().loseAnswers();
        second.wire().send(List.of(MacWire.Sent.of(create.request(), mac.tree())));
        await().until(() -> Files.exists(folder.resolve("new")));
        second.wire().cut();

        var again = new MacWire.Sent(create.request(), new byte[0], mac.tree(), Header.REPLAY);
        MacFile file =
                mac.opened(create, mac.wire().send(List.of(again)).getFirst().get());
        assertThat(file.opened().createAction()).isEqualTo(Create.ACTION_CREATED);
        assertThat(file.lease()).isEqualTo(LeaseState.ALL);
        file.write(0, bytes("x"));
        file.close();
        // Had there been two opens, one of them would still be in the way.
        new MacFiles(mac).delete("new");
        assertThat(folder.resolve("new")).doesNotExist();
    }

    @Test
    void aFileMadeJustBeforeTheCableWasPulledIsNotMadeTwice() throws IOException {
        Mac mac = mount();
        Guid guid = MacSession.random();
        MacCreate create = MacCreate.open("new", MacCreate.READS | MacCreate.WRITES)
                .share(0)
                .disposition(Create.FILE_CREATE)
                .askFileId()
                .durable(guid, 0)
                .lease(MacSession.random(), LeaseState.ALL, mac.folderKey(""));
        mac.wire().loseAnswers();
        mac.start(create.request());
        await().until(() -> Files.exists(folder.resolve("new")));
        mac.lose();
        mac.comeBack();
        MacFile file = mac.open(create);
        assertThat(file.opened().createAction()).isEqualTo(Create.ACTION_CREATED);
        assertThat(file.lease()).isEqualTo(LeaseState.ALL);
        assertThat(file.contexts().durable).isPositive();
        file.write(0, bytes("x"));
        mac.lose();
        mac.comeBack();
        file.takeBack(guid);
        file.close();
        new MacFiles(mac).delete("new");
        assertThat(folder.toFile().list()).isEmpty();
    }

    @Test
    void aRenameAndALockOnALostChannelAreDoneOnce() throws IOException {
        Mac mac = mount();
        MacSession second = mac.session().bind();
        MacFile file = mac.openToDelete("old");
        second.wire().loseAnswers();
        second.wire().send(List.of(file.renaming("renamed", 0)));
        await().until(() -> Files.exists(folder.resolve("renamed")));
        MacWire.Waiting lock = second.wire().send(List.of(file.locking(0))).getFirst();
        MacFile other = mount().open(MacCreate.open("renamed", MacCreate.READS));
        await().until(() -> other.lock() == NtStatus.LOCK_NOT_GRANTED || unlocked(other));
        assertThat(lock.isAnswered()).isFalse();
        second.wire().cut();
        Mac.check(mac.wire()
                .send(List.of(file.renaming("renamed", Header.REPLAY)))
                .getFirst()
                .get());
        Mac.check(
                mac.wire().send(List.of(file.locking(Header.REPLAY))).getFirst().get());
        file.unlock();
        assertThat(other.lock()).isEqualTo(NtStatus.SUCCESS);
        other.close();
        file.close();
        assertThat(folder.toFile().list()).containsExactly("renamed");
    }

    private static boolean unlocked(MacFile file) {
        file.unlock();
        return false;
    }

    @Test
    void theServerSaysGoodbye() throws IOException {
        Mac mac = mount();
        MacWire.Waiting message = mac.watchServer();
        await().until(message::isPending);
        server.close();
        assertThat(Mac.changes(message.get())).containsExactly("2 com.apple.svrmsg");
    }
}
