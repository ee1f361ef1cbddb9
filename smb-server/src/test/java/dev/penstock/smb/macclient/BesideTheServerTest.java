package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.penstock.smb.volume.host.OtherProcess;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What other programs on the server's machine do to the files that Macs look at. */
class BesideTheServerTest extends MacTest {
    @BeforeEach
    void thereIsAWatcher() {
        assumeTrue(share.unwatched() == null, share.unwatched());
    }

    @Test
    void aFileThatIsPutIntoAFolderShowsInTheWindow() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.makeFolder("models");
        assertThat(files.list("models")).isEmpty();
        try (MacFile window = mac.open(MacCreate.openFolder("models", MacCreate.READS))) {
            MacWire.Waiting told = mac.watch(window);
            await().until(told::isPending);
            OtherProcess.run(folder, "echo weights > models/llama.gguf");
            awaitChanges(mac, window, told, "1 llama.gguf");
            await().until(() -> mac.isBroken(mac.folderKey("models")));
            // The last word about a file comes when it is closed: the listing is right from then on.
            await().untilAsserted(() ->
                    assertThat(files.list("models")).extracting(MacEntry::size).containsExactly(8L));

            told = mac.watch(window);
            OtherProcess.run(folder, "mv models/llama.gguf models/llama-2.gguf");
            awaitChanges(mac, window, told, "4 llama.gguf", "5 llama-2.gguf");
            await().untilAsserted(() ->
                    assertThat(files.list("models")).extracting(MacEntry::name).containsExactly("llama-2.gguf"));

            told = mac.watch(window);
            OtherProcess.run(folder, "rm models/llama-2.gguf");
            awaitChanges(mac, window, told, "2 llama-2.gguf");
            await().untilAsserted(() -> assertThat(files.list("models")).isEmpty());
        }
    }

    @Test
    void namesAreToldAsAMacWritesThem() throws IOException {
        Mac mac = mount();
        try (MacFile window = mac.open(MacCreate.openFolder("", MacCreate.READS))) {
            MacWire.Waiting told = mac.watch(window);
            await().until(told::isPending);
            OtherProcess.run(folder, ": > 'what: a? \"name\"'");
            awaitChanges(mac, window, told, "1 what: a? \"name\"");
            told = mac.watch(window);
            OtherProcess.run(folder, ": > \"$(printf 're\\314\\201sume\\314\\201')\"");
            awaitChanges(mac, window, told, "1 re\u0301sume\u0301");
        }
    }

    @Test
    void whatIsKeptOfAFileIsReadAgainWhenSomebodyHasWrittenIt() throws IOException {
        Mac mac = mount();
        new MacFiles(mac).write("in.txt", bytes("old"));
        Guid key = MacSession.random();
        MacCreate create = MacCreate.open("in.txt", MacCreate.READS)
                .lease(key, LeaseState.READ | LeaseState.HANDLE, mac.folderKey(""));
        try (MacFile file = mac.open(create)) {
            assertThat(file.lease()).isEqualTo(LeaseState.READ | LeaseState.HANDLE);
            OtherProcess.run(folder, "printf new > in.txt");
            await().until(() -> mac.isBroken(key));
            assertThat(brokenTo(mac, key)).isEqualTo(LeaseState.NONE);
            assertThat(file.readAll()).isEqualTo(bytes("new"));
        }
    }

    @Test
    void aFileThatSomebodyReplacesOrRemovesIsNotKeptOpenForNobody() throws IOException {
        Mac mac = mount();
        for (String how : List.of("echo other > t; mv t kept", "rm kept", "mv kept away")) {
            new MacFiles(mac).write("kept", bytes("first"));
            Guid key = MacSession.random();
            MacCreate create = MacCreate.open("kept", MacCreate.READS).lease(key, LeaseState.ALL, mac.folderKey(""));
            try (MacFile file = mac.open(create)) {
                assertThat(file.lease()).isEqualTo(LeaseState.ALL);
                OtherProcess.run(folder, how);
                await(how).until(() -> mac.isBroken(key));
                assertThat(brokenTo(mac, key)).isEqualTo(LeaseState.NONE);
            }
        }
    }

    private static int brokenTo(Mac mac, Guid key) {
        return mac.broken().stream()
                .filter(n -> n.leaseKey().equals(key))
                .map(LeaseBreak.Notification::newState)
                .reduce((_, last) -> last)
                .orElseThrow();
    }

    @Test
    void whatAMacDoesItselfBreaksNothing() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.makeFolder("in");
        files.list("in");
        files.list("");
        for (int i = 0; i < 100; i++) {
            files.write("in/" + i, random(1000));
            files.setXattr("in/" + i, TAGS, bytes("red"));
            files.rename("in/" + i, "in/renamed " + i);
        }
        // What the kernel tells of it comes before this, which is another's.
        OtherProcess.run(folder, ": > last");
        await().until(() -> mac.isBroken(mac.folderKey("")));
        assertThat(mac.isBroken(mac.folderKey("in"))).isFalse();
        assertThat(files.list("in")).hasSize(100);
    }
}
