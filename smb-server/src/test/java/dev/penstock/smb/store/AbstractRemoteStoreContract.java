package dev.penstock.smb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.volume.DiskShare;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder that this server shares, read by the store that Penstock's own nodes use. */
abstract class AbstractRemoteStoreContract {
    private static final int BYTES = 7_654_321;

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofShared();
    private final byte[] content = new byte[BYTES];
    private SmbServer server;
    private SmbFileStore store;

    /** A server of that share, listening where {@link #options} says. */
    protected abstract SmbServer start(Share share, UserStore users) throws IOException;

    protected abstract SmbStoreOptions options(SmbServer server);

    protected abstract boolean placed();

    /** Whether the server gathers runs itself. */
    protected boolean gathered() {
        return true;
    }

    protected Share share() throws IOException {
        return new DiskShare("models", folder);
    }

    @BeforeEach
    void open() throws IOException {
        new Random(1).nextBytes(content);
        Files.createDirectories(folder.resolve("models/deep"));
        Files.write(folder.resolve("models/a.gguf"), content);
        Files.write(folder.resolve("models/deep/empty"), new byte[0]);
        var users = UserStore.inMemory();
        users.add("node", "secret");
        server = start(share(), users);
        store = SmbFileStore.open(options(server), "secret".toCharArray());
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        server.close();
        arena.close();
        assertThat(server.counters().integrityFailures())
                .as("requests whose signature is wrong")
                .isZero();
    }

    private MemorySegment expected(long offset, long length) {
        return MemorySegment.ofArray(content).asSlice(offset, length);
    }

    @Test
    void listsFolders() throws IOException {
        assertThat(store.list("")).containsExactly(new FileStore.Entry("models", true, 0));
        assertThat(store.list("models"))
                .containsExactlyInAnyOrder(
                        new FileStore.Entry("a.gguf", false, BYTES), new FileStore.Entry("deep", true, 0));
        assertThatThrownBy(() -> store.list("nothing")).isInstanceOf(IOException.class);
    }

    @Test
    void readsAnyStretchIntoPlaceAndNothingBesideIt() throws Exception {
        try (var file = store.open("models/a.gguf");
                var target = store.target(arena.allocate(BYTES + 200, 64))) {
            assertThat(file.size()).isEqualTo(BYTES);
            file.read(0, target, 100, BYTES).get();
            assertThat(target.memory().asSlice(100, BYTES).mismatch(expected(0, BYTES)))
                    .isEqualTo(-1);
            assertThat(target.memory().asSlice(0, 100).mismatch(MemorySegment.ofArray(new byte[100])))
                    .isEqualTo(-1);
            assertThat(target.memory().asSlice(BYTES + 100).mismatch(MemorySegment.ofArray(new byte[100])))
                    .isEqualTo(-1);
            file.read(BYTES - 1, target, 7, 1).get();
            file.read(123, target, 9, 0).get();
            assertThat(target.memory().asSlice(7, 1).mismatch(expected(BYTES - 1, 1)))
                    .isEqualTo(-1);
            long placed = store.traffic().placed();
            long copied = store.traffic().copied();
            assertThat(placed() ? placed : copied).isEqualTo(BYTES + 1);
            assertThat(placed() ? copied : placed).isZero();
        }
    }

    @Test
    void manyReadsAtOnceKeepApart() throws Exception {
        try (var file = store.open("models/a.gguf");
                var target = store.target(arena.allocate(BYTES, 64))) {
            var random = new Random(2);
            var reads = new java.util.ArrayList<java.util.concurrent.CompletableFuture<Void>>();
            int piece = 50_021;
            for (int at : random.ints(0, BYTES / piece)
                    .distinct()
                    .limit(BYTES / piece)
                    .toArray()) {
                reads.add(file.read((long) at * piece, target, (long) at * piece, piece));
            }
            for (var read : reads) {
                read.get();
            }
            long whole = (long) BYTES / piece * piece;
            assertThat(target.memory().asSlice(0, whole).mismatch(expected(0, whole)))
                    .isEqualTo(-1);
        }
    }

    @Test
    void packsStridedRuns() throws Exception {
        try (var file = store.open("models/a.gguf");
                var target = store.target(arena.allocate(BYTES, 64))) {
            record Shape(long offset, int run, int stride, int runs) {}
            long asked = 0;
            for (var s : List.of(
                    new Shape(17, 288, 1152, 5000),
                    new Shape(0, 4608, 4608, 300),
                    new Shape(5, 1000, 1_000_000, 7),
                    new Shape(3, 2, 115, 66_000),
                    new Shape(11, 40_000, 81_000, 90),
                    new Shape(0, 3_000_000, 3_500_000, 2))) {
                file.readStrided(s.offset, s.run, s.stride, s.runs, target, 64).get();
                for (int i = 0; i < s.runs; i++) {
                    assertThat(target.memory()
                                    .asSlice(64 + (long) i * s.run, s.run)
                                    .mismatch(expected(s.offset + (long) i * s.stride, s.run)))
                            .as("run %d of %s", i, s)
                            .isEqualTo(-1);
                }
                asked += (long) s.run * s.runs;
            }
            var traffic = store.traffic();
            if (gathered()) {
                assertThat(traffic.staged()).isZero();
                assertThat(placed() ? traffic.placed() : traffic.copied()).isEqualTo(asked);
            } else {
                assertThat(placed() ? traffic.staged() : traffic.copied()).isPositive();
            }
        }
    }

    @Test
    void aFileThatIsPutIsSeenWholeOrNotAtAll() throws Exception {
        Path there = folder.resolve("new/deep/b.gguf");
        var memory = arena.allocate(BYTES, 64).copyFrom(MemorySegment.ofArray(content));
        try (var source = store.target(memory)) {
            try (var file = store.create("new/deep/b.gguf")) {
                file.write(4_000_000, source, 4_000_000, BYTES - 4_000_000).get();
                file.write(0, source, 0, 4_000_000).get();
                file.write(7, source, 7, 0).get();
                assertThat(there).doesNotExist();
                file.commit();
            }
            assertThat(there).hasBinaryContent(content);
            long moved = placed() ? store.traffic().placed() : store.traffic().copied();
            assertThat(moved).isEqualTo(BYTES);
            try (var file = store.create("new/deep/b.gguf")) {
                file.write(0, source, 0, 100).get();
                assertThat(there).hasSize(BYTES);
                file.commit();
            }
            assertThat(there).hasSize(100);
            try (var file = store.create("new/deep/b.gguf")) {
                file.write(0, source, 0, 1000).get();
            }
            assertThat(there).hasSize(100);
            assertThat(store.list("new/deep")).containsExactly(new FileStore.Entry("b.gguf", false, 100));
        }
    }

    @Test
    void aWayIsMeasuredBothWaysAndNothingOfItStays() throws Exception {
        String host = store.ways().getFirst().host();
        var measured = store.measure(host, "models/a.gguf", Duration.ofMillis(100));
        assertThat(measured.roundTripNanos()).isPositive();
        assertThat(measured.bytesPerSecond()).isPositive();
        assertThat(measured.placed()).isEqualTo(placed());
        assertThat(store.measure(host, "", Duration.ofMillis(100)).bytesPerSecond())
                .isZero();
        var written = store.measureWriting(host, "models/deep", Duration.ofMillis(100));
        assertThat(written.problem()).isEmpty();
        assertThat(written.bytesPerSecond()).isPositive();
        assertThat(folder.resolve("models/deep").toFile().list()).containsExactly("empty");
        assertThat(folder.resolve("models/deep/empty")).isEmptyFile();
        var nowhere = store.measureWriting(host, "nowhere", Duration.ofMillis(100));
        assertThat(nowhere.bytesPerSecond()).isZero();
        assertThat(nowhere.problem()).startsWith("nowhere/.penstock-");
        assertThatThrownBy(() -> store.measureWriting("192.0.2.1", "", Duration.ofMillis(100)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aLostServerFailsTheWrites() throws Exception {
        try (var file = store.create("lost");
                var source = store.target(arena.allocate(BYTES, 64))) {
            file.write(0, source, 0, 100).get();
            server.close();
            assertThatThrownBy(() -> file.write(0, source, 0, BYTES).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThatThrownBy(file::commit).isInstanceOf(IOException.class);
        }
        assertThat(folder.resolve("lost")).doesNotExist();
    }

    @Test
    void whatIsNotThereIsAnErrorThatSaysSo() throws Exception {
        assertThatThrownBy(() -> store.open("models/none")).isInstanceOf(NoSuchFileException.class);
        try (var file = store.open("models/deep/empty");
                var target = store.target(arena.allocate(64, 64))) {
            assertThat(file.size()).isZero();
            assertThatThrownBy(() -> file.read(0, target, 0, 1).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> SmbFileStore.open(options(server), "wrong".toCharArray()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aLostServerFailsTheReadsAndDoesNotHang() throws Exception {
        try (var file = store.open("models/a.gguf");
                var target = store.target(arena.allocate(BYTES, 64))) {
            file.read(0, target, 0, 100).get();
            server.close();
            assertThatThrownBy(() -> file.read(0, target, 0, BYTES).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
        }
    }
}
