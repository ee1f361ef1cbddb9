package dev.penstock.smb.volume.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtentsTest {
    private static final int LENGTH = 100_000;

    @TempDir
    Path folder;

    @Test
    void aStretchIsZeroedOnADisk() throws IOException {
        assertZeroed(folder);
    }

    /** It has holes, but no way to zero and keep the space: the Linux client takes the refusal of that for a file without data. */
    @Test
    void aStretchIsZeroedInMemory() throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeThat(Files.isWritable(memory)).isTrue();
        Path own = Files.createTempDirectory(memory, "extents");
        try {
            assertZeroed(own);
        } finally {
            try (var files = Files.list(own)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(own);
        }
    }

    private static void assertZeroed(Path folder) throws IOException {
        byte[] expected = new byte[LENGTH];
        Arrays.fill(expected, (byte) 1);
        Files.write(folder.resolve("f"), expected);
        try (FileHandle root = Posix.openRoot(folder);
                FileHandle file = Posix.open(root, "f", true, Posix.Creation.NEVER, 0)) {
            Extents.zero(file, 5000, 20_000);
            Extents.punch(file, 40_001, 30_003);
            Extents.zero(file, LENGTH - 1, 1);
        }
        Arrays.fill(expected, 5000, 25_000, (byte) 0);
        Arrays.fill(expected, 40_001, 70_004, (byte) 0);
        expected[LENGTH - 1] = 0;
        assertThat(Files.readAllBytes(folder.resolve("f"))).isEqualTo(expected);
    }
}
