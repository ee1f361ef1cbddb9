package dev.penstock.smb.volume.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageCacheTest {
    private static final int LENGTH = 4 << 20;
    private static final int POSIX_FADV_DONTNEED = 4;

    @TempDir
    Path folder;

    @Test
    void whatIsInMemoryIsToldFromWhatIsOnDiskOnlyAndFetchedAhead() throws Throwable {
        assumeThat(Native.ADVISE)
                .as("a system that drops pages when it is asked to")
                .isNotNull();
        try (FileHandle root = Posix.openRoot(folder);
                FileHandle file = Posix.open(root, "f", true, Posix.Creation.ALWAYS, 0600);
                var arena = Arena.ofConfined()) {
            var bytes = arena.allocate(LENGTH).fill((byte) 7);
            Posix.write(file, bytes, 0);
            assertThat(PageCache.holds(file, 0, LENGTH)).isTrue();
            Posix.sync(file);
            drop(file);
            assumeThat(PageCache.holds(file, 0, LENGTH))
                    .as("%s lies on a disk", folder)
                    .isFalse();
            assertThat(PageCache.read(file, arena.allocate(LENGTH), 0)).isFalse();
            PageCache.readAhead(file, 0, LENGTH);
            await().until(() -> PageCache.holds(file, 0, LENGTH));
            var read = arena.allocate(LENGTH);
            // A byte of each piece is there; the disk may still be bringing what lies between.
            await().until(() -> PageCache.read(file, read, 0));
            assertThat(read.mismatch(bytes)).isEqualTo(-1);
            assertThat(read.get(ValueLayout.JAVA_BYTE, LENGTH - 1)).isEqualTo((byte) 7);
            assertThat(PageCache.holds(file, LENGTH - 10, 11))
                    .as("beyond the end nothing is held")
                    .isFalse();
        }
    }

    private static void drop(FileHandle file) throws IOException {
        int fd = file.begin();
        try (var arena = Arena.ofConfined()) {
            int ignored = (int)
                    Native.ADVISE.invokeExact(Native.errnoState(arena), fd, 0L, (long) LENGTH, POSIX_FADV_DONTNEED);
        } catch (Throwable e) {
            throw new IOException(e);
        } finally {
            file.end();
        }
    }
}
