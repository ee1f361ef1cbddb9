package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.penstock.cache.store.NewFile;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.collective.Collective;
import dev.penstock.collective.CollectiveBootstrap;
import dev.penstock.collective.CollectiveException;
import dev.penstock.collective.CollectiveOptions;
import dev.penstock.memory.Regions;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Cables that are pulled out in the middle of things, and plugged in again. Over iWARP, whose TCP says nothing of it for minutes. */
class CutCablesIT {
    private static final int BYTES = 128 << 20;
    private static final int RAILS = 4;
    private static final int RANKS = 3;

    /** Bytes a second of a slow cable: four together are what one processor moves with ease. */
    private static final long LIMIT = 20_000_000;

    private static final byte[] SECRET = {1, 2, 3};

    @Test
    void aTransferOverFourCablesIsCompletedByTheThreeThatAreLeft() throws Exception {
        try (var store = new Store();
                var arena = Arena.ofShared()) {
            byte[] content = new byte[BYTES];
            new Random(4).nextBytes(content);
            Files.write(store.folder().resolve("f"), content);
            var cables = cables(store, RAILS);
            var memory = Regions.map(BYTES, arena);
            try (var files = SmbFileStore.open(options(store, cables), Store.PASSWORD.toCharArray());
                    var target = files.target(memory);
                    var file = files.open("f")) {
                await().until(() -> files.ways().stream().allMatch(SmbFileStore.Way::standing));
                var victim = cables.get(2);
                // As often as it takes for the cable to be pulled out in the middle of one.
                var reads = new ArrayList<CompletableFuture<Void>>();
                for (int i = 0; i < 8; i++) {
                    reads.add(file.read(0, target, 0, BYTES));
                }
                long before = files.traffic().placed();
                await().pollInterval(Duration.ofMillis(1))
                        .until(() -> files.traffic().placed() > before + BYTES && victim.carried() > BYTES / 16);
                assertThat(reads.getLast()).isNotDone();
                victim.pullOut();
                CompletableFuture.allOf(reads.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
                assertThat(memory.mismatch(MemorySegment.ofArray(content))).isEqualTo(-1);
                assertThat(files.ways().get(2).standing()).isFalse();
                assertThat(cables).allSatisfy(c -> assertThat(c.carried()).isGreaterThan(BYTES / 16));

                victim.plugIn();
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> files.ways().get(2).standing());
                long carried = victim.carried();
                memory.fill((byte) 0);
                file.read(0, target, 0, BYTES).get(60, TimeUnit.SECONDS);
                assertThat(memory.mismatch(MemorySegment.ofArray(content))).isEqualTo(-1);
                assertThat(victim.carried()).isGreaterThan(carried + BYTES / 16);
            } finally {
                close(cables);
            }
        }
    }

    @Test
    void oneCableOfFourIsAQuarterOfTheSpeed() throws Exception {
        try (var store = new Store();
                var arena = Arena.ofShared()) {
            Files.write(store.folder().resolve("f"), new byte[BYTES]);
            var cables = new ArrayList<Cable>();
            for (int i = 0; i < RAILS; i++) {
                cables.add(new Cable(store.rdma(), LIMIT));
            }
            try (var files = SmbFileStore.open(options(store, cables), Store.PASSWORD.toCharArray());
                    var target = files.target(Regions.map(BYTES, arena));
                    var file = files.open("f")) {
                await().until(() -> files.ways().stream().allMatch(SmbFileStore.Way::standing));
                // What the compiler has to do is done before.
                speed(file, target);
                double whole = speed(file, target);
                cables.get(2).pullOut();
                await().until(() -> !files.ways().get(2).standing());
                double without = speed(file, target);
                cables.get(2).plugIn();
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> files.ways().get(2).standing());
                double again = speed(file, target);
                System.out.printf(
                        Locale.ROOT,
                        "four cables of %d MB/s: %.1f MB/s, one out %.1f (%.2f), in again %.1f (%.2f)%n",
                        LIMIT / 1_000_000,
                        whole,
                        without,
                        without / whole,
                        again,
                        again / whole);
                assertThat(without).isLessThan(3.1e-6 * LIMIT);
                assertThat(without / whole).isBetween(0.6, 0.9);
                assertThat(again / whole).isBetween(0.85, 1.15);
            } finally {
                close(cables);
            }
        }
    }

    /** MB/s. */
    private static double speed(StoredFile file, ReadTarget target) throws Exception {
        long start = System.nanoTime();
        file.read(0, target, 0, BYTES).get(60, TimeUnit.SECONDS);
        return BYTES * 1e3 / (System.nanoTime() - start);
    }

    @Test
    void aFileThatIsPutOverFourCablesIsWholeThoughOneIsPulledOut() throws Exception {
        try (var store = new Store();
                var arena = Arena.ofShared()) {
            byte[] content = new byte[BYTES];
            new Random(5).nextBytes(content);
            var memory = Regions.map(BYTES, arena).copyFrom(MemorySegment.ofArray(content));
            var cables = cables(store, RAILS);
            try (var files = SmbFileStore.open(options(store, cables), Store.PASSWORD.toCharArray());
                    var source = files.target(memory)) {
                await().until(() -> files.ways().stream().allMatch(SmbFileStore.Way::standing));
                var victim = cables.get(1);
                try (var fresh = files.create("deep/f")) {
                    var writes = writeAgainAndAgain(fresh, source);
                    await().pollInterval(Duration.ofMillis(1)).until(() -> victim.carried() > BYTES / 16);
                    victim.pullOut();
                    CompletableFuture.allOf(writes).get(60, TimeUnit.SECONDS);
                    fresh.commit();
                }
                assertThat(cables).allSatisfy(c -> assertThat(c.carried()).isGreaterThan(BYTES / 16));
                assertThat(files.ways().get(1).standing()).isFalse();
                assertThat(Files.readAllBytes(store.folder().resolve("deep/f"))).isEqualTo(content);

                // One that is given up, with another cable lost under it, is gone though the server knows nothing of
                // that cable.
                var second = cables.get(3);
                try (var fresh = files.create("deep/g")) {
                    long before = second.carried();
                    var writes = writeAgainAndAgain(fresh, source);
                    await().pollInterval(Duration.ofMillis(1)).until(() -> second.carried() > before + BYTES / 16);
                    second.pullOut();
                    CompletableFuture.allOf(writes).get(60, TimeUnit.SECONDS);
                }
                await().untilAsserted(() -> assertThat(
                                store.folder().resolve("deep").toFile().list())
                        .containsExactly("f"));
            } finally {
                close(cables);
            }
        }
    }

    /** The same bytes to the same place, often enough for a cable to be pulled out under them. */
    private static CompletableFuture<?>[] writeAgainAndAgain(NewFile fresh, ReadTarget source) {
        var writes = new CompletableFuture<?>[8];
        for (int i = 0; i < writes.length; i++) {
            writes[i] = fresh.write(0, source, 0, BYTES);
        }
        return writes;
    }

    @Test
    void aFileWhoseWriterLosesItsOnlyCableIsAsItWasBefore() throws Exception {
        try (var store = new Store();
                var arena = Arena.ofShared()) {
            Path there = Files.writeString(store.folder().resolve("f"), "as it was");
            var cables = cables(store, 1);
            var memory = Regions.map(BYTES, arena);
            memory.fill((byte) 7);
            try (var files = SmbFileStore.open(options(store, cables), Store.PASSWORD.toCharArray());
                    var source = files.target(memory)) {
                var cable = cables.getFirst();
                try (var fresh = files.create("f")) {
                    long before = cable.carried();
                    var writes = new ArrayList<CompletableFuture<Void>>();
                    for (int i = 0; i < 8; i++) {
                        writes.add(fresh.write((long) i * BYTES, source, 0, BYTES));
                    }
                    await().pollInterval(Duration.ofMillis(1)).until(() -> cable.carried() > before + BYTES);
                    cable.pullOut();
                    var all = CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new));
                    assertThatThrownBy(() -> all.get(60, TimeUnit.SECONDS))
                            .isInstanceOf(ExecutionException.class)
                            .hasCauseInstanceOf(IOException.class);
                    assertThatThrownBy(fresh::commit).isInstanceOf(IOException.class);
                }
                assertThat(there).hasContent("as it was");

                cable.plugIn();
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> files.ways().getFirst().standing());
                await().untilAsserted(
                                () -> assertThat(store.folder().toFile().list()).containsExactly("f"));
                try (var fresh = files.create("f")) {
                    fresh.write(0, source, 0, 9).get(30, TimeUnit.SECONDS);
                    fresh.commit();
                }
                assertThat(Files.readAllBytes(there)).hasSize(9).containsOnly(7);
            } finally {
                close(cables);
            }
        }
    }

    private static List<Cable> cables(Store store, int count) throws IOException {
        var cables = new ArrayList<Cable>();
        for (int i = 0; i < count; i++) {
            cables.add(new Cable(store.rdma()));
        }
        return cables;
    }

    private static void close(List<Cable> cables) throws IOException {
        for (Cable cable : cables) {
            cable.close();
        }
    }

    private static List<SmbStoreOptions> options(Store store, List<Cable> cables) {
        String url = "smb://" + Store.USER + "@127.0.0.1:" + store.tcp().getPort() + "/" + Store.SHARE;
        return cables.stream()
                .map(cable -> SmbStoreOptions.parse(url, cable.address().getPort()))
                .toList();
    }

    // ---------------------------------------------------------------- all-reduce

    /** One rank's outcome: when its operations failed. */
    private record Failed(long nanos, CollectiveException why) {}

    @Test
    void anAllReduceFailsOnEveryRankWithinASecondAndTheGroupFormsAgain() throws Exception {
        try (Device device = RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT)) {
            var cables = new Cable[RANKS][RANKS];
            var failures = run(device, cables, group -> {
                int sums = 0;
                while (true) {
                    try {
                        sum(group);
                        if (++sums == 100 && group.rank() == 0) {
                            cables[2][0].pullOut();
                        }
                    } catch (CollectiveException e) {
                        return new Failed(System.nanoTime(), e);
                    }
                }
            });
            long pulled = cables[2][0].pulledAt();
            for (Failed failure : failures) {
                System.out.println(
                        "noticed after " + (failure.nanos - pulled) / 1_000_000 + " ms: " + failure.why.getMessage());
            }
            for (Failed failure : failures) {
                assertThat(failure.why).hasMessageContaining("lost");
                assertThat(Duration.ofNanos(failure.nanos - pulled)).isLessThan(Duration.ofSeconds(1));
            }
            cables[2][0].plugIn();
            assertThat(run(device, cables, CutCablesIT::sum)).containsOnly(6f);
            for (Cable[] row : cables) {
                for (Cable cable : row) {
                    if (cable != null) {
                        cable.close();
                    }
                }
            }
        }
    }

    private static float sum(Collective group) throws CollectiveException {
        try (var arena = Arena.ofConfined()) {
            var vector = arena.allocate(8192, 64);
            vector.set(ValueLayout.JAVA_FLOAT, 8188, group.rank() + 1);
            group.allReduce(vector, 2048);
            return vector.get(ValueLayout.JAVA_FLOAT, 8188);
        }
    }

    private interface Work<T> {
        T of(Collective group) throws Exception;
    }

    /** Ranks as threads; rank i reaches rank k, which is before it, by {@code cables[i][k]}. */
    private static <T> List<T> run(Device device, Cable[][] cables, Work<T> work) throws Exception {
        var options = new CollectiveOptions(65_536, Duration.ofSeconds(20), Duration.ofSeconds(20), 0, 0);
        var bootstraps = new ArrayList<CollectiveBootstrap>();
        for (int i = 0; i < RANKS; i++) {
            var at = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            bootstraps.add(CollectiveBootstrap.listen(device, at));
        }
        var results = new ArrayList<CompletableFuture<T>>();
        for (int rank = 0; rank < RANKS; rank++) {
            var addresses = new ArrayList<InetSocketAddress>();
            for (int other = 0; other < RANKS; other++) {
                var address = bootstraps.get(other).localAddress();
                if (other < rank) {
                    if (cables[rank][other] == null) {
                        cables[rank][other] = new Cable(address);
                    }
                    address = cables[rank][other].leadTo(address).address();
                }
                addresses.add(address);
            }
            int me = rank;
            var result = new CompletableFuture<T>();
            results.add(result);
            Thread.ofPlatform().daemon().start(() -> {
                try (var group = bootstraps.get(me).join(options, me, addresses, SECRET)) {
                    result.complete(work.of(group));
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
        }
        var values = new ArrayList<T>();
        for (var result : results) {
            values.add(result.get(30, TimeUnit.SECONDS));
        }
        return values;
    }
}
