package dev.penstock.cache.local;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.cache.BlockKey;
import dev.penstock.cache.BlockLoader;
import dev.penstock.memory.SlabPool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LocalBlockCacheTest {
    private static final int BLOCK = 4096;

    private final SlabPool slabs = new SlabPool(List.of(new SlabPool.SizeClass(BLOCK, 16)));
    private final LocalBlockCache cache = new LocalBlockCache(slabs, BLOCK, 8);

    private static final BlockLoader INDEX = (key, into) -> {
        into.set(JAVA_LONG, 0, key.index());
        return CompletableFuture.completedFuture(BLOCK);
    };

    @Test
    void aBlockIsLoadedOnceForAllWhoAskMeanwhile() throws Exception {
        var loads = new AtomicInteger();
        var arrival = new CompletableFuture<Integer>();
        BlockLoader slow = (key, into) -> {
            loads.incrementAndGet();
            return arrival;
        };
        var key = new BlockKey(1, 0);
        var first = cache.get(key, slow);
        var second = cache.get(key, slow);
        assertThat(first).isNotDone();
        arrival.complete(100);
        assertThat(first.get().length()).isEqualTo(100);
        first.get().release();
        second.get().release();
        cache.get(key, slow).get().release();
        assertThat(loads).hasValue(1);
        assertThat(slabs.outstanding()).isOne();
        cache.invalidate(1);
        assertThat(slabs.outstanding()).isZero();
    }

    @Test
    void anEvictedBlockStaysWithWhoeverHoldsIt() throws Exception {
        var held = cache.get(new BlockKey(1, 42), INDEX).get();
        for (int i = 0; i < 100; i++) {
            cache.get(new BlockKey(2, i), INDEX).get().release();
        }
        assertThat(held.memory().get(JAVA_LONG, 0)).isEqualTo(42);
        assertThat(slabs.outstanding()).isLessThanOrEqualTo(9);
        held.release();
        assertThat(cache.stats().bytes()).isLessThanOrEqualTo(8 * BLOCK);
    }

    @Test
    void aFailureReachesAllWhoWaitAndIsNotKept() throws Exception {
        var arrival = new CompletableFuture<Integer>();
        var key = new BlockKey(1, 0);
        var first = cache.get(key, (k, into) -> arrival);
        var second = cache.get(key, INDEX);
        arrival.completeExceptionally(new IOException("unplugged"));
        assertThatThrownBy(first::get).hasRootCauseMessage("unplugged");
        assertThatThrownBy(second::get).hasRootCauseMessage("unplugged");
        assertThat(slabs.outstanding()).isZero();
        cache.get(key, INDEX).get().release();
    }

    @Test
    void aFullPoolIsAnErrorAndNotAnAllocation() throws Exception {
        var leases = new ArrayList<dev.penstock.cache.BlockLease>();
        for (int i = 0; i < 16; i++) {
            leases.add(cache.get(new BlockKey(1, i), INDEX).get());
        }
        assertThatThrownBy(() -> cache.get(new BlockKey(1, 99), INDEX).get()).hasMessageContaining("no memory");
        leases.forEach(dev.penstock.cache.BlockLease::release);
        cache.get(new BlockKey(1, 99), INDEX).get().release();
    }

    @Test
    void manyThreadsAlwaysSeeTheBlockTheyAskedFor() throws Exception {
        try (var threads = Executors.newFixedThreadPool(4)) {
            var done = new ArrayList<Future<?>>();
            for (int t = 0; t < 4; t++) {
                var random = new Random(t);
                done.add(threads.submit(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        long index = random.nextInt(32);
                        var block = cache.get(new BlockKey(1, index), INDEX).get();
                        assertThat(block.memory().get(JAVA_LONG, 0)).isEqualTo(index);
                        block.release();
                    }
                    return null;
                }));
            }
            for (var d : done) {
                d.get();
            }
        }
        cache.invalidate(1);
        assertThat(slabs.outstanding()).isZero();
    }
}
