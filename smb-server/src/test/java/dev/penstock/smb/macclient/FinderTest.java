package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Looking at folders in the Finder. */
class FinderTest extends MacTest {
    private static final int END = 1;

    @ParameterizedTest
    @ValueSource(ints = {Mac.NEW, Mac.OLD})
    void browsingTenThousandFilesTakesAsManyRoundTripsAsTheyFillBuffers(int generation) throws IOException {
        Files.createDirectory(folder.resolve("clips"));
        for (int i = 0; i < 10_000; i++) {
            Files.createFile(folder.resolve("clips").resolve("clip %05d.mov".formatted(i)));
        }
        Mac mac = mount(generation);
        for (int room : new int[] {1 << 20, 64 << 10}) {
            var files = new MacFiles(mac, room);
            int before = mac.frames();
            List<MacEntry> entries = files.list("clips");
            assertThat(entries).hasSize(10_000).extracting(MacEntry::name).doesNotHaveDuplicates();
            assertThat(entries).allMatch(e -> e.noXattr() == mac.second());
            // 104 bytes and a name of 28, to the next multiple of eight.
            int perBuffer = room / 136;
            int buffers = (10_000 + 2 + perBuffer - 1) / perBuffer;
            assertThat(mac.frames() - before).isEqualTo(buffers + END);
            assertThat(files.list("clips")).isEqualTo(entries);
            assertThat(mac.frames() - before)
                    .as("a lease says that nothing has changed")
                    .isEqualTo(buffers + END);
        }
    }

    @Test
    void theFindersMetadataComeWithTheListing() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.write("plain", bytes("1"));
        files.write("rich", bytes("22"));
        files.makeFolder("red");
        files.setXattr("rich", FINDER_INFO, finderInfo("TEXTttxt"));
        files.setXattr("rich", RESOURCE_FORK, random(70_000));
        files.setXattr("red", FINDER_INFO, finderInfo("\0\0\0\0\0\0\0\0"));
        for (int generation : new int[] {Mac.NEW, Mac.OLD}) {
            var browser = new MacFiles(mount(generation));
            Map<String, MacEntry> entries = browser.byName("");
            assertThat(entries.get("plain").noXattr()).isEqualTo(generation == Mac.NEW);
            MacEntry rich = entries.get("rich");
            assertThat(rich.noXattr()).isFalse();
            assertThat(rich.size()).isEqualTo(2);
            assertThat(rich.resourceBytes()).isEqualTo(70_000);
            assertThat(rich.typeAndCreator()).isEqualTo("TEXTttxt");
            assertThat(rich.label()).isEqualTo(6);
            assertThat(rich.mode() & 0170000).isEqualTo(0100000);
            MacEntry red = entries.get("red");
            assertThat(red.isFolder()).isTrue();
            assertThat(red.typeAndCreator()).isEqualTo("........");
            assertThat(red.label()).isEqualTo(6);
            assertThat(red.mode() & 0170000).isEqualTo(0040000);
        }
    }

    @Test
    void aWindowIsRefreshedWhenSomebodyElseChangesTheFolder() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        var other = new MacFiles(mount());
        files.makeFolder("in");
        assertThat(files.list("in")).isEmpty();
        try (MacFile window = mac.open(MacCreate.openFolder("in", MacCreate.READS))) {
            MacWire.Waiting told = mac.watch(window);
            await().until(told::isPending);
            other.write("in/new", bytes("x"));
            awaitChanges(mac, window, told, "1 new");
            await().until(() -> mac.isBroken(mac.folderKey("in")));
            assertThat(files.list("in")).extracting(MacEntry::name).containsExactly("new");

            told = mac.watch(window);
            other.rename("in/new", "in/newer");
            awaitChanges(mac, window, told, "4 new", "5 newer");
            told = mac.watch(window);
            Files.writeString(folder.resolve("in/by the host"), "x");
            Files.delete(folder.resolve("in/by the host"));
            MacWire.Waiting pending = told;
            pending.cancel();
            NtStatus end = pending.get().status();
            assertThat(end).isIn(NtStatus.CANCELLED, NtStatus.SUCCESS);
        }
        assertThat(files.list("in")).extracting(MacEntry::name).containsExactly("newer");
    }

    @Test
    void whatAMacDoesItselfDoesNotBreakItsLeaseOnTheFolder() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.makeFolder("in");
        files.list("in");
        files.write("in/one", bytes("1"));
        assertThat(mac.broken()).isEmpty();
        assertThat(files.list("in")).hasSize(1);
    }

    @Test
    void storesThatAreNotThereAreNotSearchedFor() throws IOException {
        Path big = Files.createDirectory(folder.resolve("big"));
        for (int i = 0; i < 100_000; i++) {
            Files.createFile(big.resolve("f" + i));
        }
        Mac mac = mount();
        var files = new MacFiles(mac);
        assertThat(files.find("big/.DS_Store")).isNull();
        long read = share.searched();
        assertThat(read).as("once, to know the names").isLessThanOrEqualTo(1);
        long start = System.nanoTime();
        for (String probe : List.of(
                ".DS_Store", "._f1", ".localized", ".metadata_never_index", ".ql_disablethumbnails", ".apdisk")) {
            for (int i = 0; i < 50; i++) {
                assertThat(files.find("big/" + probe)).isNull();
                assertThatThrownBy(() -> files.read("big/" + probe)).isInstanceOf(Refused.class);
            }
        }
        // What the Macs change themselves does not make the server read the folder again.
        for (int i = 0; i < 20; i++) {
            files.write("big/new" + i, bytes("x"));
            files.rename("big/new" + i, "big/renamed" + i);
            assertThat(files.find("big/.DS_Store")).isNull();
            files.delete("big/renamed" + i);
        }
        assertThat(share.searched()).isEqualTo(read);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(15);
    }

    @Test
    void theServersOwnMessagesAreWaitedForAndNotRefused() throws IOException {
        Mac mac = mount();
        MacWire.Waiting message = mac.watchServer();
        await().until(() -> message.isPending() || message.isAnswered());
        assertThat(message.isAnswered()).isFalse();
        message.cancel();
        assertThat(message.get().status()).isEqualTo(NtStatus.CANCELLED);
        MacWire.Waiting until = mac.watchServer();
        await().until(until::isPending);
        new MacFiles(mac).write("still works", bytes("x"));
    }

    @Test
    void aSessionReadsTheListingsOfAllItsSharesTheSameWay() throws IOException {
        Files.writeString(models.resolve("model.gguf"), "x");
        Files.writeString(models.resolve("._model.gguf"), "x");
        for (int generation : new int[] {Mac.NEW, Mac.OLD}) {
            Mac mac = mount(generation).alsoMount("models");
            var files = new MacFiles(mac);
            assertThat(files.list(""))
                    .extracting(MacEntry::name)
                    .containsExactlyInAnyOrder("model.gguf", "._model.gguf");
            assertThat(files.entry("model.gguf").access()).isEqualTo(AccessMask.FILE_ALL);
            files.copy("model.gguf", "copy of model " + generation);
            files.delete("copy of model " + generation);
        }
    }

    @Test
    void theMarkOfAFileThatIsBeingCopiedIsKept() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.write("copying", bytes("x"));
        files.setXattr("copying", FINDER_INFO, finderInfo("brokMACS"));
        long busy = 107_631_936_000_000_000L; // 1946-02-14, a birthday
        files.setCreated("copying", busy);
        MacEntry entry = new MacFiles(mount()).entry("copying");
        assertThat(entry.created()).isEqualTo(busy);
        assertThat(entry.typeAndCreator()).isEqualTo("brokMACS");
    }
}
