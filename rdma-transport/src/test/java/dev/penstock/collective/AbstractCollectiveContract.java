package dev.penstock.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.rdma.Device;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups whose ranks are threads. */
abstract class AbstractCollectiveContract {
    private static final CollectiveOptions OPTIONS =
            new CollectiveOptions(4096, Duration.ofSeconds(10), Duration.ofSeconds(10), 0, 0);

    private Device device;
    private ExecutorService threads;

    protected abstract Device open() throws IOException;

    @BeforeEach
    void openDevice() throws IOException {
        device = open();
        threads = Executors.newCachedThreadPool();
    }

    @AfterEach
    void closeDevice() throws InterruptedException {
        threads.shutdown();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        assertThat(device.held()).isEqualTo(new Device.Held(0, 0, 0));
        device.close();
    }

    private interface Work<T> {
        T of(Collective group) throws Exception;
    }

    private <T> List<CompletableFuture<T>> start(
            int ranks, CollectiveOptions options, List<byte[]> secrets, Work<T> work) {
        var listening = new ArrayList<CompletableFuture<InetSocketAddress>>();
        for (int i = 0; i < ranks; i++) {
            listening.add(new CompletableFuture<>());
        }
        var results = new ArrayList<CompletableFuture<T>>();
        for (int i = 0; i < ranks; i++) {
            int rank = i;
            var result = new CompletableFuture<T>();
            results.add(result);
            threads.execute(() -> {
                try {
                    var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
                    var bootstrap = CollectiveBootstrap.listen(device, any);
                    listening.get(rank).complete(bootstrap.localAddress());
                    var all = listening.stream().map(CompletableFuture::join).toList();
                    try (var group = bootstrap.join(options, rank, all, secrets.get(rank))) {
                        result.complete(work.of(group));
                    }
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
        }
        return results;
    }

    private <T> List<T> run(int ranks, Work<T> work) throws Exception {
        var secrets = new ArrayList<byte[]>();
        for (int i = 0; i < ranks; i++) {
            secrets.add(new byte[] {1, 2, 3});
        }
        var values = new ArrayList<T>();
        for (var future : start(ranks, OPTIONS, secrets, work)) {
            values.add(future.get(20, TimeUnit.SECONDS));
        }
        return values;
    }

    private static float[] vector(int rank, int n) {
        var random = new Random(rank);
        var out = new float[n];
        for (int i = 0; i < n; i++) {
            out[i] = (random.nextFloat() - 0.5f) * (1 << random.nextInt(20));
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void everyRankHasTheSumInTheOrderOfTheRanks(int ranks) throws Exception {
        for (int n : new int[] {0, 1, 1000, 1024, 1025, 5000}) {
            var expected = vector(0, n);
            for (int r = 1; r < ranks; r++) {
                var v = vector(r, n);
                for (int i = 0; i < n; i++) {
                    expected[i] += v[i];
                }
            }
            var results = run(ranks, group -> {
                var memory = Arena.ofAuto().allocate(n * 4L + 4, 64).asSlice(0, n * 4L);
                memory.copyFrom(MemorySegment.ofArray(vector(group.rank(), n)));
                group.allReduce(memory, n);
                return memory.toArray(ValueLayout.JAVA_FLOAT);
            });
            assertThat(results).allSatisfy(r -> assertThat(r).isEqualTo(expected));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void manyOperationsOneAfterTheOtherKeepApart(int ranks) throws Exception {
        var results = run(ranks, group -> {
            var memory = Arena.ofAuto().allocate(64, 64);
            float total = 0;
            for (int i = 0; i < 500; i++) {
                memory.set(ValueLayout.JAVA_FLOAT, 0, i);
                group.allReduce(memory, 1);
                total += memory.get(ValueLayout.JAVA_FLOAT, 0);
                if (i % 50 == 0) {
                    group.barrier();
                }
                var number = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
                if (group.rank() == i % ranks) {
                    number.set(ValueLayout.JAVA_INT, 0, i);
                }
                group.broadcast(number, i % ranks);
                total += number.get(ValueLayout.JAVA_INT, 0);
            }
            group.barrier();
            return total;
        });
        float expected = 499 * 500 / 2 * (ranks + 1);
        assertThat(results).containsOnly(expected);
    }

    @Test
    void aBroadcastOfManyChunksArrivesWhole() throws Exception {
        byte[] bytes = new byte[100_001];
        new Random(3).nextBytes(bytes);
        var results = run(3, group -> {
            var memory = Arena.ofAuto().allocate(bytes.length, 64);
            if (group.rank() == 1) {
                memory.copyFrom(MemorySegment.ofArray(bytes));
            }
            group.broadcast(memory, 1);
            group.barrier();
            return memory.toArray(ValueLayout.JAVA_BYTE);
        });
        assertThat(results).allSatisfy(r -> assertThat(r).isEqualTo(bytes));
    }

    @Test
    void allSurvivorsLearnOfALostRankWithinASecond() throws Exception {
        var nobody = new byte[0];
        var lostAt = new CompletableFuture<Long>();
        var futures = start(3, OPTIONS, List.of(nobody, nobody, nobody), group -> {
            group.barrier();
            if (group.rank() == 1) {
                lostAt.complete(System.nanoTime());
                return 0L; // leaves the group
            }
            assertThatThrownBy(() -> {
                        group.barrier();
                        group.barrier();
                    })
                    .isInstanceOf(CollectiveException.class)
                    .hasMessageContaining("lost");
            return System.nanoTime();
        });
        futures.get(1).get(20, TimeUnit.SECONDS);
        for (int survivor : new int[] {0, 2}) {
            long noticed = futures.get(survivor).get(20, TimeUnit.SECONDS) - lostAt.join();
            assertThat(Duration.ofNanos(noticed)).isLessThan(Duration.ofSeconds(1));
        }
    }

    @Test
    void aRankInAnotherOperationIsTold() throws Exception {
        var nobody = new byte[0];
        var futures = start(2, OPTIONS, List.of(nobody, nobody), group -> {
            if (group.rank() == 0) {
                group.barrier();
            } else {
                group.allReduce(Arena.ofAuto().allocate(8, 64), 2);
            }
            return 0;
        });
        for (var future : futures) {
            assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(CollectiveException.class);
        }
    }

    @Test
    void aRankWithAnotherSecretDoesNotJoin() {
        var quick = new CollectiveOptions(4096, Duration.ofSeconds(1), Duration.ofSeconds(1), 0, 0);
        var futures = start(2, quick, List.of(new byte[] {1}, new byte[] {2}), group -> group.size());
        for (var future : futures) {
            assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(CollectiveException.class);
        }
    }

    @Test
    void aRankThatDoesNotComeIsNamed() throws Exception {
        var quick = new CollectiveOptions(4096, Duration.ofMillis(500), Duration.ofSeconds(1), 0, 0);
        var result = new CompletableFuture<Collective>();
        threads.execute(() -> {
            try {
                var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
                var missing = CollectiveBootstrap.listen(device, any);
                var bootstrap = CollectiveBootstrap.listen(device, any);
                var addresses = List.of(missing.localAddress(), bootstrap.localAddress());
                missing.close();
                result.complete(bootstrap.join(quick, 1, addresses, new byte[0]));
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(CollectiveException.class)
                .hasMessageContaining("rank 0 has not joined");
    }
}
