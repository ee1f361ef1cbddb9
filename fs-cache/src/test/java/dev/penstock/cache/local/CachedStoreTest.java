package dev.penstock.cache.local;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.cache.store.local.LocalFileStore;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedStoreTest {
    @TempDir
    Path folder;

    @Test
    void anyRangeIsWhatTheFileHolds() throws IOException {
        byte[] bytes = new byte[100_001];
        var random = new Random(20261122);
        random.nextBytes(bytes);
        Files.write(folder.resolve("f"), bytes);
        try (var store = new LocalFileStore(folder);
                var cached = new CachedStore(store, 4096, 6);
                var file = store.open("f");
                var arena = Arena.ofConfined()) {
            var reader = cached.file(file);
            for (int i = 0; i < 2000; i++) {
                int from = random.nextInt(bytes.length);
                int length = random.nextInt(Math.min(20_000, bytes.length - from) + 1);
                var into = arena.allocate(length);
                reader.read(from, into);
                assertThat(into.toArray(JAVA_BYTE)).isEqualTo(Arrays.copyOfRange(bytes, from, from + length));
            }
            var tooLong = arena.allocate(2);
            assertThatThrownBy(() -> reader.read(bytes.length - 1, tooLong)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void manySmallReadsCostOneLoadPerBlock() throws IOException {
        Files.write(folder.resolve("f"), new byte[8 * 4096]);
        try (var store = new LocalFileStore(folder);
                var cached = new CachedStore(store, 4096, 16);
                var file = store.open("f");
                var arena = Arena.ofConfined()) {
            var reader = cached.file(file);
            var into = arena.allocate(16);
            for (int at = 0; at + 16 <= 8 * 4096; at += 16) {
                reader.read(at, into);
            }
            assertThat(cached.stats().loads()).isEqualTo(8);
        }
    }
}
