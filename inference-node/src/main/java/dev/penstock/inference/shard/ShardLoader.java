package dev.penstock.inference.shard;

import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Fills a node's memory with its part of a model: large reads, many at a time, in the order in which the groups are needed. A thread of its
 * own issues the reads; {@link #group} says when a group may be used.
 */
public final class ShardLoader {
    /** Bytes per read: a few of the largest messages that SMB negotiates (8 MiB), so that the store has something to split. */
    private static final long REQUEST_BYTES = 32L << 20;
    /** Reads under way at a time: enough to keep a store busy while the next ones are on their way. */
    private static final int IN_FLIGHT = 8;

    /** Told of what has arrived, on the store's threads. */
    public interface Progress {
        /**
         * More has arrived.
         *
         * @param bytes so far
         * @param total in the end
         * @param nanos since the start
         */
        void arrived(long bytes, long total, long nanos);
    }

    /**
     * What a load came to.
     *
     * @param bytes read
     * @param nanos from the first request to the last answer
     */
    public record Result(long bytes, long nanos) {
        /** Speed in 10^9 bytes a second. */
        public double gigabytesPerSecond() {
            return nanos == 0 ? 0 : (double) bytes / nanos;
        }
    }

    private final StoredFile file;
    private final ShardPlan plan;
    private final ReadTarget target;
    private final Progress progress;
    private final List<CompletableFuture<Void>> groups = new ArrayList<>();
    private final CompletableFuture<Result> done = new CompletableFuture<>();
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT);
    private final AtomicLong arrived = new AtomicLong();
    private final long start = System.nanoTime();
    private volatile @Nullable Throwable failure;

    private ShardLoader(StoredFile file, ShardPlan plan, ReadTarget target, Progress progress) {
        this.file = file;
        this.plan = plan;
        this.target = target;
        this.progress = progress;
        for (int i = 0; i < plan.groups().size(); i++) {
            groups.add(new CompletableFuture<>());
        }
    }

    /**
     * Starts to load.
     *
     * @param target over at least {@link ShardPlan#bytes} of memory; must not be closed before {@link #done}
     */
    public static ShardLoader start(StoredFile file, ShardPlan plan, ReadTarget target, Progress progress) {
        if (target.memory().byteSize() < plan.bytes()) {
            throw new IllegalArgumentException("the plan needs " + plan.bytes() + " bytes, not "
                    + target.memory().byteSize());
        }
        var loader = new ShardLoader(file, plan, target, progress);
        Thread.ofPlatform().name("shard-loader").daemon().start(loader::issue);
        return loader;
    }

    /** Completes when all of a group is in memory; fails with an {@link IOException} when the load fails. */
    public CompletableFuture<Void> group(int index) {
        return groups.get(index);
    }

    /** Completes when everything is in memory, or has failed and no read is under way any more. */
    public CompletableFuture<Result> done() {
        return done;
    }

    private void issue() {
        try {
            for (int i = 0; i < groups.size() && failure == null; i++) {
                CompletableFuture<Void> ready = groups.get(i);
                var left = new AtomicInteger(1);
                for (Shard shard : plan.groups().get(i).shards()) {
                    issue(shard, left, ready);
                }
                finished(left, ready);
            }
            inFlight.acquireUninterruptibly(IN_FLIGHT); // the last answer has come
        } catch (RuntimeException e) {
            fail(e);
        }
        Throwable cause = failure;
        if (cause == null) {
            done.complete(new Result(arrived.get(), System.nanoTime() - start));
        } else {
            groups.forEach(g -> g.completeExceptionally(cause));
            done.completeExceptionally(cause);
        }
    }

    private void issue(Shard shard, AtomicInteger left, CompletableFuture<Void> ready) {
        if (shard.runs() == 1) {
            for (long at = 0; at < shard.bytes(); at += REQUEST_BYTES) {
                long offset = at;
                long length = Math.min(REQUEST_BYTES, shard.bytes() - at);
                request(
                        length,
                        left,
                        ready,
                        () -> file.read(shard.fileOffset() + offset, target, shard.memoryOffset() + offset, length));
            }
            return;
        }
        int perRequest = (int) Math.max(1, REQUEST_BYTES / shard.stride());
        for (int run = 0; run < shard.runs(); run += perRequest) {
            int first = run;
            int runs = Math.min(perRequest, shard.runs() - run);
            request(
                    runs * shard.runBytes(),
                    left,
                    ready,
                    () -> file.readStrided(
                            shard.fileOffset() + first * shard.stride(),
                            shard.runBytes(),
                            shard.stride(),
                            runs,
                            target,
                            shard.memoryOffset() + first * shard.runBytes()));
        }
    }

    private interface Reading {
        CompletableFuture<Void> start();
    }

    private void request(long bytes, AtomicInteger left, CompletableFuture<Void> ready, Reading reading) {
        if (failure != null) {
            return;
        }
        inFlight.acquireUninterruptibly();
        left.incrementAndGet();
        reading.start().whenComplete((nothing, thrown) -> {
            if (thrown == null) {
                long sum = arrived.addAndGet(bytes);
                progress.arrived(sum, plan.fileBytes(), System.nanoTime() - start);
                finished(left, ready);
            } else {
                fail(thrown);
            }
            inFlight.release();
        });
    }

    private static void finished(AtomicInteger left, CompletableFuture<Void> ready) {
        if (left.decrementAndGet() == 0) {
            ready.complete(null);
        }
    }

    private void fail(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        failure = cause instanceof IOException ? cause : new IOException("loading " + file.path() + " failed", cause);
    }
}
