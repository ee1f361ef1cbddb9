package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import java.io.IOException;
import java.nio.file.Files;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people do with their files in the Finder: copies, aliases, names, links, documents that are saved. */
class FinderFilesTest extends MacTest {
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
