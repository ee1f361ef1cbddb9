package dev.penstock.cache.store.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.cache.store.FileStore;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFileStoreTest {
    @TempDir
    Path folder;

    private byte[] file(String name, int bytes) throws IOException {
        var content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        Files.createDirectories(folder.resolve(name).getParent());
        Files.write(folder.resolve(name), content);
        return content;
    }

    @Test
    void listsAndReadsWhatIsThere() throws IOException {
        byte[] content = file("models/a.gguf", 100_000);
        try (var store = new LocalFileStore(folder);
                var opened = store.open("models/a.gguf");
                var arena = Arena.ofShared()) {
            assertThat(store.list("")).containsExactly(new FileStore.Entry("models", true, 0));
            assertThat(store.list("models")).containsExactly(new FileStore.Entry("a.gguf", false, 100_000));
            var target = store.target(arena.allocate(50_000));
            opened.read(40_000, target, 100, 49_000).join();
            assertThat(target.memory()
                            .asSlice(100, 49_000)
                            .mismatch(MemorySegment.ofArray(content).asSlice(40_000, 49_000)))
                    .isEqualTo(-1);
            assertThat(store.traffic()).isEqualTo(new FileStore.Traffic(0, 0, 49_000));
        }
    }

    @Test
    void packsStridedRunsOneBehindTheOther() throws IOException {
        byte[] content = file("m/x", 3_000_000);
        try (var store = new LocalFileStore(folder);
                var opened = store.open("m/x");
                var arena = Arena.ofShared()) {
            for (long stride : new long[] {1000, 900_000}) {
                int runs = (int) (2_900_000 / stride);
                var target = store.target(arena.allocate(300L * runs));
                opened.readStrided(17, 300, stride, runs, target, 0).join();
                for (int run = 0; run < runs; run++) {
                    for (int i = 0; i < 300; i++) {
                        assertThat(target.memory().get(ValueLayout.JAVA_BYTE, run * 300L + i))
                                .isEqualTo(content[(int) (17 + run * stride + i)]);
                    }
                }
            }
        }
    }

    @Test
    void refusesRangesOutsideTheFileAndNamesOutsideTheFolder() throws IOException {
        file("m/x", 1000);
        Files.createSymbolicLink(folder.resolve("out"), Path.of("/etc"));
        try (var store = new LocalFileStore(folder);
                var opened = store.open("m/x");
                var arena = Arena.ofShared()) {
            var target = store.target(arena.allocate(4096));
            assertThatThrownBy(() -> opened.read(900, target, 0, 101).join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThatThrownBy(() -> opened.readStrided(0, 10, Long.MAX_VALUE / 2, 3, target, 0)
                            .join())
                    .hasCauseInstanceOf(IOException.class);
            assertThatThrownBy(() -> store.open("../x")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> store.open("out/passwd")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> store.open("nothing")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aClosedStoreFailsItsReads() throws IOException {
        file("m/x", 1000);
        var store = new LocalFileStore(folder);
        try (var opened = store.open("m/x");
                var arena = Arena.ofShared()) {
            var target = store.target(arena.allocate(4096));
            store.close();
            assertThatThrownBy(() -> opened.read(0, target, 0, 10).join()).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void aFileThatIsPutIsSeenWholeOrNotAtAll() throws IOException {
        byte[] content = file("m/x", 100_000);
        Path there = folder.resolve("new/deep/b");
        try (var store = new LocalFileStore(folder);
                var arena = Arena.ofShared()) {
            var source = store.target(arena.allocate(100_000).copyFrom(MemorySegment.ofArray(content)));
            try (var file = store.create("new/deep/b")) {
                file.write(50_000, source, 50_000, 50_000).join();
                file.write(0, source, 0, 50_000).join();
                assertThat(there).doesNotExist();
                file.commit();
            }
            assertThat(there).hasBinaryContent(content);
            try (var file = store.create("new/deep/b")) {
                file.write(0, source, 0, 10).join();
            }
            assertThat(there).hasSize(100_000);
            assertThat(store.list("new/deep")).containsExactly(new FileStore.Entry("b", false, 100_000));
        }
    }

    @Test
    void nothingIsPutOutsideOfTheFolder() throws IOException {
        Files.createDirectories(folder.resolve("root"));
        Files.createSymbolicLink(folder.resolve("root/out"), folder);
        try (var store = new LocalFileStore(folder.resolve("root"))) {
            for (String path : new String[] {"../x", "out/x", "a/../../x", ""}) {
                assertThatThrownBy(() -> store.create(path)).isInstanceOf(IOException.class);
            }
        }
        assertThat(folder.resolve("x")).doesNotExist();
    }
}
