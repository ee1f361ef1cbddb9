package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people do with the Finder, each as it goes over the wire. */
class FinderTest extends MacTest {
    private static final String FINDER_INFO = "com.apple.FinderInfo";
    private static final String RESOURCE_FORK = "com.apple.ResourceFork";
    private static final String TAGS = "com.apple.metadata:_kMDItemUserTags";
    private static final int END = 1;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Type, creator and a red label. */
    private static byte[] finderInfo(String typeAndCreator) {
        var info = new byte[32];
        System.arraycopy(typeAndCreator.getBytes(StandardCharsets.US_ASCII), 0, info, 0, 8);
        info[9] = 6 << 1;
        return info;
    }

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
    void aFolderWithResourceForksAndTagsGoesThereAndBack() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        byte[] content = random(3 << 20);
        byte[] resources = random(300_000);
        byte[] tags = bytes("bplist00 Wichtig\n6");
        files.makeFolder("Project");
        files.makeFolder("Project/Bilder");
        files.write("Project/Bilder/a.tif", content);
        files.setXattr("Project/Bilder/a.tif", RESOURCE_FORK, resources);
        files.setXattr("Project/Bilder/a.tif", FINDER_INFO, finderInfo("TIFF8BIM"));
        files.setXattr("Project/Bilder/a.tif", TAGS, tags);
        files.setXattr("Project/Bilder", TAGS, tags);
        files.write("Project/empty", new byte[0]);

        // And back, on another Mac, after everything was closed.
        var other = new MacFiles(mount());
        assertThat(other.list("Project")).extracting(MacEntry::name).containsExactlyInAnyOrder("Bilder", "empty");
        MacEntry picture = other.entry("Project/Bilder/a.tif");
        assertThat(picture.size()).isEqualTo(content.length);
        assertThat(other.read("Project/Bilder/a.tif")).isEqualTo(content);
        assertThat(other.xattrs("Project/Bilder/a.tif"))
                .containsOnly(Map.entry(RESOURCE_FORK, 300_000L), Map.entry(FINDER_INFO, 60L), Map.entry(TAGS, (long)
                        tags.length));
        assertThat(other.xattr("Project/Bilder/a.tif", RESOURCE_FORK)).isEqualTo(resources);
        assertThat(other.xattr("Project/Bilder/a.tif", FINDER_INFO)).isEqualTo(finderInfo("TIFF8BIM"));
        assertThat(other.xattr("Project/Bilder/a.tif", TAGS)).isEqualTo(tags);
        assertThat(other.xattr("Project/Bilder", TAGS)).isEqualTo(tags);
        assertThat(other.xattrs("Project/empty")).isEmpty();
        assertThat(other.read("Project/empty")).isEmpty();
        other.setXattr("Project/Bilder/a.tif", TAGS, null);
        assertThat(files.xattr("Project/Bilder/a.tif", TAGS)).isNull();
    }

    @Test
    void aDocumentSavedByRenamingOverItIsAnotherFileUnderTheSameName() throws IOException {
        var files = new MacFiles(mount());
        var other = new MacFiles(mount());
        files.write("Letter.txt", bytes("first"));
        long before = other.entry("Letter.txt").fileId();
        files.makeFolder(".sb-1");
        files.write(".sb-1/Letter.txt", bytes("second"));
        long saved = files.entry(".sb-1/Letter.txt").fileId();
        files.rename(".sb-1/Letter.txt", "Letter.txt");
        files.delete(".sb-1");
        assertThat(other.list("")).singleElement().satisfies(e -> {
            assertThat(e.name()).isEqualTo("Letter.txt");
            assertThat(e.fileId()).isEqualTo(saved).isNotEqualTo(before);
        });
        assertThat(other.read("Letter.txt")).isEqualTo(bytes("second"));
        assertThat(other.resolve(saved)).isEqualTo("Letter.txt");
        assertThat(other.resolve(before)).isNull();
    }

    @Test
    void aDuplicateHasEverythingThatBelongsToTheFile() throws IOException {
        var files = new MacFiles(mount());
        byte[] content = random(5 << 20);
        byte[] resources = random(200_000);
        files.write("film.mov", content);
        files.setXattr("film.mov", RESOURCE_FORK, resources);
        files.setXattr("film.mov", FINDER_INFO, finderInfo("MooVTVOD"));
        files.setXattr("film.mov", TAGS, bytes("tag"));
        files.copy("film.mov", "film copy.mov");
        assertThat(files.read("film copy.mov")).isEqualTo(content);
        assertThat(files.xattrs("film copy.mov")).isEqualTo(files.xattrs("film.mov"));
        assertThat(files.xattr("film copy.mov", RESOURCE_FORK)).isEqualTo(resources);
        files.setXattr("film copy.mov", RESOURCE_FORK, bytes("mine"));
        assertThat(files.xattr("film.mov", RESOURCE_FORK)).isEqualTo(resources);
        assertThat(files.entry("film copy.mov").fileId())
                .isNotEqualTo(files.entry("film.mov").fileId());
    }

    @Test
    void aFileIsDuplicatedOverAnotherThatKeepsNothingOfItsOwn() throws IOException {
        var files = new MacFiles(mount());
        files.write("new", bytes("new"));
        files.write("old", random(100_000));
        files.setXattr("old", TAGS, bytes("old tag"));
        files.copy("new", "old");
        assertThat(files.read("old")).isEqualTo(bytes("new"));
        assertThat(files.xattrs("old")).isEmpty();
    }

    @Test
    void aDuplicateUnderWayIsGivenUp() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        try (var big = Files.newByteChannel(
                folder.resolve("big"),
                java.nio.file.StandardOpenOption.CREATE,
                java.nio.file.StandardOpenOption.WRITE)) {
            byte[] part = random(8 << 20);
            for (int i = 0; i < 64; i++) {
                big.write(java.nio.ByteBuffer.wrap(part));
            }
        }
        NtStatus status;
        try (MacFiles.Copy copy = files.startCopy("big", "big copy")) {
            await().until(() -> copy.waiting().isPending() || copy.waiting().isAnswered());
            assertThat(mac.frames()).as("the connection goes on meanwhile").isPositive();
            assertThat(files.entry("big").size()).isEqualTo(512L << 20);
            copy.waiting().cancel();
            status = copy.waiting().get().status();
        }
        // A file system that shares blocks is done before anybody can change their mind.
        assertThat(status).isIn(NtStatus.CANCELLED, NtStatus.SUCCESS);
        files.delete("big copy");
        assertThat(files.list("")).extracting(MacEntry::name).containsExactly("big");
    }

    @Test
    void anAliasFindsItsFileWhereverItWasMoved() throws IOException {
        var files = new MacFiles(mount());
        files.makeFolder("a");
        files.makeFolder("b");
        files.write("a/original", bytes("x"));
        long id = files.entry("a/original").fileId();
        assertThat(files.resolve(id)).isEqualTo("a/original");
        files.rename("a/original", "b/renamed: 2");
        assertThat(files.resolve(id)).isEqualTo("b/renamed: 2");
        files.rename("b", "a/c");
        assertThat(files.resolve(id)).isEqualTo("a/c/renamed: 2");
        files.delete(files.resolve(id));
        assertThat(files.resolve(id)).isNull();
    }

    @Test
    void aFileThatIsMadeAnewHasAnotherIdThoughItsInodeIsTheSame() throws IOException {
        var files = new MacFiles(mount());
        var seen = new HashSet<Long>();
        for (int i = 0; i < 20; i++) {
            files.write("draft", bytes("x"));
            long id = files.entry("draft").fileId();
            assertThat(seen.add(id)).isTrue();
            try (MacFile file =
                    mount().open(MacCreate.open("draft", MacCreate.READS).askFileId())) {
                assertThat(file.fileId()).isEqualTo(id);
            }
            files.delete("draft");
        }
    }

    @Test
    void aNameIsChangedInCaseOnly() throws IOException {
        var files = new MacFiles(mount());
        files.write("readme.TXT", bytes("x"));
        long id = files.entry("readme.TXT").fileId();
        files.rename("readme.TXT", "ReadMe.txt");
        assertThat(files.list("")).singleElement().satisfies(e -> {
            assertThat(e.name()).isEqualTo("ReadMe.txt");
            assertThat(e.fileId()).isEqualTo(id);
        });
        assertThat(files.entry("README.txt").name()).isEqualTo("ReadMe.txt");
        files.makeFolder("\u00e4rger");
        files.rename("\u00e4rger", "\u00c4RGER");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("ReadMe.txt", "\u00c4RGER");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "24:12 Uhr", // 24/12 in the Finder
                "a\\b|c<d>e?f*g\"h",
                "trailing space ",
                "trailing dot.",
                "\u00e9t\u00e9 \u00c5ngstr\u00f6m",
                "e\u0301 decomposed",
                "\uD83D\uDCF7\uD83C\uDFFD\u200D\uD83D\uDE80 emoji",
                "\uD55C\uAD6D\uC5B4",
                "tab\tand\u0001control",
                "con",
                "Icon\r"
            })
    void everyNameThatAMacAllowsComesBackAsItWas(String name) throws IOException {
        String local = Normalizer.normalize(name, Normalizer.Form.NFD);
        var files = new MacFiles(mount());
        files.makeFolder(name);
        files.write(name + "/" + name, bytes(name));
        files.setXattr(name + "/" + name, "user." + name.trim(), bytes("value"));
        var other = new MacFiles(mount());
        assertThat(other.list("")).extracting(MacEntry::name).containsExactly(local);
        assertThat(other.list(name)).extracting(MacEntry::name).containsExactly(local);
        assertThat(other.read(local + "/" + local)).isEqualTo(bytes(name));
        assertThat(other.xattrs(name + "/" + name))
                .containsOnlyKeys(Normalizer.normalize("user." + name.trim(), Normalizer.Form.NFD));
        assertThat(other.entry(name).fileId())
                .isEqualTo(other.list("").getFirst().fileId());
        // What lies on the disk is the name itself, for whoever looks there: of the slash only, there is none.
        assertThat(folder.toFile().list()).containsExactly(Normalizer.normalize(name, Normalizer.Form.NFC));
        other.delete(name + "/" + name);
        other.delete(name);
        assertThat(other.list("")).isEmpty();
    }

    @Test
    void aNameThatIsTooLongIsRefusedAndNotCut() throws IOException {
        var files = new MacFiles(mount());
        assertThatThrownBy(() -> files.write("\u00fc".repeat(200), bytes("x")))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.status()).isEqualTo(NtStatus.OBJECT_NAME_INVALID));
        assertThat(files.list("")).isEmpty();
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
            other.write("in/new", bytes("x"));
            assertThat(Mac.changes(told.get())).contains("1 new");
            await().until(() -> mac.isBroken(mac.folderKey("in")));
            assertThat(files.list("in")).extracting(MacEntry::name).containsExactly("new");

            told = mac.watch(window);
            other.rename("in/new", "in/newer");
            assertThat(Mac.changes(told.get())).contains("4 new", "5 newer");
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
    void aFolderWithOpenFilesIsDeletedOnceTheyAreClosed() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.makeFolder("old");
        files.write("old/f", bytes("x"));
        MacFile reader = mac.open(MacCreate.open("old\\f", MacCreate.READS));
        assertThatThrownBy(() -> files.delete("old"))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.status()).isEqualTo(NtStatus.DIRECTORY_NOT_EMPTY));
        files.delete("old/f");
        assertThat(reader.read(0, 10)).isEqualTo(bytes("x"));
        assertThatThrownBy(() -> files.read("old/f"))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.status()).isEqualTo(NtStatus.DELETE_PENDING));
        reader.close();
        files.delete("old");
        assertThat(files.list("")).isEmpty();
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
    void aLinkIsALinkToAMacAndLeadsWhereItWasMadeToLead() throws IOException {
        var files = new MacFiles(mount());
        files.makeFolder("a");
        files.write("a/goal: 1", bytes("x"));
        files.makeLink("short cut", "a/goal: 1");
        files.makeLink("a/up", "../short cut");
        files.makeLink("away", "/Volumes/Media/\u00fcber");
        var other = new MacFiles(mount(Mac.OLD));
        Map<String, MacEntry> entries = other.byName("");
        assertThat(entries.get("short cut").isLink()).isTrue();
        assertThat(entries.get("a").isLink()).isFalse();
        assertThat(other.link("short cut")).isEqualTo("a/goal: 1");
        assertThat(other.link("a/up")).isEqualTo("../short cut");
        assertThat(other.link("away")).isEqualTo("/Volumes/Media/\u00fcber");
        assertThat(Files.readSymbolicLink(folder.resolve("short cut"))).hasToString("a/goal: 1");
        assertThatThrownBy(() -> other.read("short cut"))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.status()).isEqualTo(NtStatus.STOPPED_ON_SYMLINK));
        assertThat(entries.get("short cut").fileId())
                .isEqualTo(other.entry("short cut").fileId());
        other.rename("short cut", "long cut");
        other.delete("away");
        assertThat(files.link("long cut")).isEqualTo("a/goal: 1");
        assertThat(files.read("a/goal: 1")).isEqualTo(bytes("x"));
        assertThat(files.list("")).extracting(MacEntry::name).containsExactlyInAnyOrder("a", "long cut");
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
    void aFileLockedByOneMacIsLockedForTheOther() throws IOException {
        Mac one = mount();
        Mac two = mount();
        var create = MacCreate.open("project.prproj", MacCreate.READS | MacCreate.WRITES)
                .disposition(Create.FILE_OPEN_IF);
        MacFile mine = one.open(create);
        MacFile yours = two.open(create);
        assertThat(mine.lock()).isEqualTo(NtStatus.SUCCESS);
        assertThat(yours.lock()).isEqualTo(NtStatus.LOCK_NOT_GRANTED);
        mine.unlock();
        assertThat(yours.lock()).isEqualTo(NtStatus.SUCCESS);
        mine.close();
        yours.close();
    }

    @Test
    void spaceIsSetAsideWithoutAChangeOfTheLength() throws IOException {
        Mac mac = mount();
        try (MacFile file = mac.openToWrite("take.mov", MacSession.random())) {
            file.write(0, bytes("head"));
            file.preallocate(8 << 20);
            assertThat(file.allocated()).isGreaterThanOrEqualTo(8 << 20);
            assertThat(file.size()).isEqualTo(4);
            file.size(1 << 20);
            assertThat(file.read(0, 8)).isEqualTo(bytes("head\0\0\0\0"));
            file.flush();
            file.fullSync();
        }
    }
}
