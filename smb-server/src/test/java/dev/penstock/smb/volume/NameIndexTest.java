package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NameIndexTest {
    private static final int THREADS = 8;
    private static final int EACH = 300;

    @TempDir
    Path folder;

    private final NameIndex index = new NameIndex();

    /** One that looked at the folder before another's change and at the index after it once read all names again, for each file made. */
    @Test
    void aFolderIsReadOnceWhateverTheNumberOfThreadsThatMakeFilesInIt() throws Exception {
        try (FileHandle handle = Posix.openRoot(folder)) {
            assertThat(index.find(handle, "first")).isNull();
            inParallel(thread -> {
                for (int i = 0; i < EACH; i++) {
                    String name = "File-" + thread + "-" + i;
                    assertThat(index.find(handle, name)).isNull();
                    index.change(handle, null, name, () -> make(handle, name));
                    assertThat(index.find(handle, name.toUpperCase(java.util.Locale.ROOT)))
                            .isEqualTo(name);
                }
                return null;
            });
            assertThat(index.fills()).isEqualTo(1);
        }
    }

    @Test
    void namesMayGoToAndFroBetweenTwoFoldersAtOnce() throws Exception {
        Path a = Files.createDirectory(folder.resolve("a"));
        Path b = Files.createDirectory(folder.resolve("b"));
        try (FileHandle first = Posix.openRoot(a);
                FileHandle second = Posix.openRoot(b)) {
            index.find(first, "x");
            index.find(second, "x");
            inParallel(thread -> {
                String name = "Name-" + thread;
                FileHandle from = thread % 2 == 0 ? first : second;
                FileHandle to = thread % 2 == 0 ? second : first;
                make(from, name);
                for (int i = 0; i < EACH; i++) {
                    move(from, to, name);
                    move(to, from, name);
                }
                assertThat(index.find(from, "name-" + thread)).isEqualTo(name);
                assertThat(index.find(to, "name-" + thread)).isNull();
                return null;
            });
        }
    }

    @Test
    void aChangeBySomebodyElseIsSeen() throws IOException {
        try (FileHandle handle = Posix.openRoot(folder)) {
            assertThat(index.find(handle, "late")).isNull();
            Files.createFile(folder.resolve("Late"));
            assertThat(index.find(handle, "late")).isEqualTo("Late");
            assertThat(index.fills()).isEqualTo(2);
        }
    }

    private void move(FileHandle from, FileHandle to, String name) throws IOException {
        index.move(from, name, to, name, () -> Posix.rename(from, name, to, name, true));
    }

    private static void make(FileHandle folder, String name) throws dev.penstock.smb.volume.posix.PosixException {
        Posix.open(folder, name, true, Posix.Creation.ALWAYS, 0600).close();
    }

    private interface Work {
        Object run(int thread) throws Exception;
    }

    private static void inParallel(Work work) throws InterruptedException, ExecutionException, TimeoutException {
        var threads = Executors.newFixedThreadPool(THREADS);
        try {
            var done = IntStream.range(0, THREADS)
                    .mapToObj(thread -> threads.submit((Callable<Object>) () -> work.run(thread)))
                    .toList();
            for (Future<Object> one : done) {
                one.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
