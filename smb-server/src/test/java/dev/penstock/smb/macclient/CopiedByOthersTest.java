package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.penstock.smb.wire.erref.NtStatus;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resource forks and tags larger than a file system's attributes, and what becomes of them when other programs copy what they belong to. */
class CopiedByOthersTest extends MacTest {
    private static final String COMMENT = "com.apple.metadata:kMDItemFinderComment";
    private static final int LARGE = 2 << 20;

    private final byte[] resources = new byte[LARGE];
    private final byte[] comment = new byte[3000];
    private MacFiles files;

    @BeforeEach
    void fill() throws IOException {
        new Random(1).nextBytes(resources);
        new Random(2).nextBytes(comment);
        files = new MacFiles(mount());
        files.makeFolder("p");
        files.makeFolder("p/sub");
        files.write("p/sub/f", "data".getBytes(StandardCharsets.UTF_8));
        files.setXattr("p/sub/f", RESOURCE_FORK, resources);
        files.setXattr("p/sub/f", COMMENT, comment);
        files.setXattr("p/sub", COMMENT, comment);
    }

    private void run(String... command) throws IOException {
        String tool = command[0];
        boolean there = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(dir -> Files.isExecutable(Path.of(dir, tool)));
        assumeTrue(there, tool);
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        assertThat(process.exitValue()).as(output).isZero();
    }

    private void assertWhole(MacFiles mac, String parent, String file) {
        assertThat(mac.read(file)).asString(StandardCharsets.UTF_8).isEqualTo("data");
        assertThat(mac.xattrs(file)).containsEntry(RESOURCE_FORK, (long) LARGE).containsEntry(COMMENT, 3000L);
        assertThat(mac.xattr(file, RESOURCE_FORK)).isEqualTo(resources);
        assertThat(mac.xattr(file, COMMENT)).isEqualTo(comment);
        assertThat(mac.list(parent))
                .anySatisfy(entry -> assertThat(entry.resourceBytes()).isEqualTo(LARGE));
    }

    @Test
    void largeStreamsOfFilesAndFoldersAreStreamsLikeAnyOther() throws IOException {
        var other = new MacFiles(mount());
        assertWhole(other, "p/sub", "p/sub/f");
        assertThat(other.xattr("p/sub", COMMENT)).isEqualTo(comment);
        other.rename("p/sub", "moved");
        other.rename("moved/f", "g");
        assertWhole(files, "", "g");
        assertThat(files.xattr("moved", COMMENT)).isEqualTo(comment);
        assertThat(files.list("")).extracting(MacEntry::name).containsExactlyInAnyOrder("p", "moved", "g");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cp -a p copy", "rsync -aX p/ copy/", "tar"})
    void aFolderThatAnotherToolCopiesWithItsAttributesKeepsThem(String how) throws IOException {
        if (how.equals("tar")) {
            run("tar", "--xattrs", "--xattrs-include=user.*", "-cf", "../p.tar", "p");
            Files.createDirectory(folder.resolve("copy"));
            run("tar", "--xattrs", "--xattrs-include=user.*", "--strip-components=1", "-xf", "../p.tar", "-C", "copy");
            Files.delete(folder.resolveSibling("p.tar"));
        } else {
            run(how.split(" "));
        }
        var other = new MacFiles(mount());
        assertWhole(other, "copy/sub", "copy/sub/f");
        assertThat(other.xattr("copy/sub", COMMENT)).isEqualTo(comment);
        other.setXattr("copy/sub/f", RESOURCE_FORK, "short".getBytes(StandardCharsets.UTF_8));
        assertWhole(files, "p/sub", "p/sub/f");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mv p/sub/f q/f", "cp -a p/sub/f q/f"})
    void aFileThatAnotherToolTakesElsewhereAloneFindsItsOwnAgain(String how) throws IOException {
        Files.createDirectory(folder.resolve("q"));
        run(how.split(" "));
        var other = new MacFiles(mount());
        assertThat(other.entry("q/f").noXattr())
                .as("something is to be asked for")
                .isFalse();
        assertWhole(other, "q", "q/f");
        if (how.startsWith("cp")) {
            other.setXattr("q/f", RESOURCE_FORK, null);
            assertWhole(files, "p/sub", "p/sub/f");
        }
    }

    @Test
    void whatIsReallyGoneIsAnErrorAndNotAnEmptyStream() throws IOException {
        try (var sidecars = Files.list(folder.resolve("p/sub/.penstock"))) {
            for (Path sidecar : List.copyOf(sidecars.toList())) {
                Files.delete(sidecar);
            }
        }
        var other = new MacFiles(mount());
        assertThat(other.entry("p/sub/f").noXattr()).isFalse();
        assertThat(other.xattrs("p/sub/f")).containsEntry(RESOURCE_FORK, 0L);
        assertThatThrownBy(() -> other.xattr("p/sub/f", RESOURCE_FORK))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.status()).isEqualTo(NtStatus.UNEXPECTED_IO_ERROR));
        assertThat(other.read("p/sub/f")).asString(StandardCharsets.UTF_8).isEqualTo("data");
    }

    @Test
    void whatIsCopiedWithoutItsAttributesIsAFileWithoutStreams() throws IOException {
        run("cp", "-r", "p", "bare");
        var other = new MacFiles(mount());
        assertThat(other.xattrs("bare/sub/f")).isEmpty();
        assertThat(other.entry("bare/sub/f").noXattr()).isTrue();
        other.delete("bare/sub/f");
        other.delete("bare/sub");
        other.delete("bare");
        assertWhole(files, "p/sub", "p/sub/f");
    }
}
