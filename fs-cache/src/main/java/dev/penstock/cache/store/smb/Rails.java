package dev.penstock.cache.store.smb;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All ways to one share, used together. Each request goes by the way with the fewest under way, so that a slow cable gets few; what was under way
 * on one that is lost goes by the others, and the lost one is tried again until it is back. Thread-safe.
 */
final class Rails {
    private static final Logger LOG = LoggerFactory.getLogger(Rails.class);

    /** How long requests wait for a way where all are lost: what a switch or a server takes that was restarted by hand is more. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    private final List<Rail> rails = new ArrayList<>();
    private final char[] password;
    private final ScheduledExecutorService restorer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long lastLost = System.nanoTime();
    private volatile boolean closed;

    private Rails(List<SmbStoreOptions> ways, char[] password) {
        this.password = password.clone();
        this.restorer = Executors.newScheduledThreadPool(
                ways.size(),
                Thread.ofPlatform().name("smb-store-rail-", 0).daemon().factory());
        for (SmbStoreOptions way : ways) {
            var holder = new Rail[1];
            holder[0] = new Rail(way, this.password, connection -> lost(holder[0], connection));
            rails.add(holder[0]);
        }
    }

    /**
     * Connects by the first way; the others follow, and those that do not answer are tried again and again.
     *
     * @throws IOException where the first cannot be gone
     */
    static Rails open(List<SmbStoreOptions> ways, char[] password) throws IOException {
        var made = new Rails(ways, password);
        try {
            made.rails.getFirst().connect();
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
        for (Rail other : made.rails.subList(1, ways.size())) {
            made.later(() -> made.connect(other, FIRST_PAUSE_MILLIS), 0);
        }
        return made;
    }

    /** Some connection that stands. */
    ShareConnection any() throws IOException {
        return Objects.requireNonNull(choose().connection);
    }

    /** Does something by whichever way is free, and by another one where that is lost meanwhile. So it has to bear being done twice. */
    <T> T call(Rail.Use<T> use) throws IOException {
        while (true) {
            var choice = choose();
            try {
                return choice.rail.call(choice.connection, use);
            } catch (RailLostException e) {
                LOG.debug("a request goes by another way", e);
            }
        }
    }

    /** Does something by one connection, and by no other. */
    <T> T call(ShareConnection connection, Rail.Use<T> use) throws IOException {
        for (Rail rail : rails) {
            if (connection.equals(rail.standing())) {
                return rail.call(connection, use);
            }
        }
        throw new RailLostException("the connection to the store is lost", null);
    }

    List<SmbFileStore.Way> ways() {
        return rails.stream()
                .map(rail -> new SmbFileStore.Way(rail.host(), rail.standing() != null))
                .toList();
    }

    void close() throws IOException {
        closed = true;
        restorer.shutdownNow();
        try {
            for (Rail rail : rails) {
                rail.close();
            }
        } finally {
            Arrays.fill(password, '\0');
            signal();
        }
    }

    // ---------------------------------------------------------------- which

    private record Choice(Rail rail, ShareConnection connection) {}

    private Choice choose() throws IOException {
        lock.lock();
        try {
            while (true) {
                var best =
                        rails.stream().filter(rail -> rail.standing() != null).min(Comparator.comparingInt(Rail::load));
                ShareConnection connection = best.isEmpty() ? null : best.get().standing();
                if (connection != null) {
                    return new Choice(best.get(), connection);
                }
                long left = lastLost + PATIENCE_NANOS - System.nanoTime();
                if (closed || left <= 0) {
                    throw new IOException(closed ? "the store is closed" : "the store is out of reach: " + reasons());
                }
                var _ = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the store is closed");
        } finally {
            lock.unlock();
        }
    }

    private String reasons() {
        return String.join(
                ", ",
                rails.stream().map(rail -> rail.host() + ": " + rail.why()).toList());
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---------------------------------------------------------------- lost and found

    private void lost(Rail rail, ShareConnection connection) {
        if (closed) {
            return;
        }
        LOG.warn("{} is lost: {}", rail.host(), Objects.toString(rail.why()));
        lock.lock();
        try {
            lastLost = System.nanoTime();
        } finally {
            lock.unlock();
        }
        // Not here: this is a thread of the connection's, for the end of which closing waits.
        later(
                () -> {
                    end(connection);
                    connect(rail, FIRST_PAUSE_MILLIS);
                },
                0);
    }

    private void connect(Rail rail, long pause) {
        try {
            rail.connect();
            LOG.info("{} is there", rail.host());
            signal();
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} does not answer", rail.host(), e);
            later(() -> connect(rail, Math.min(2 * pause, LONGEST_PAUSE_MILLIS)), pause);
        }
        if (closed) {
            // Closing may not have seen what was made here.
            var late = rail.standing();
            if (late != null) {
                end(late);
            }
        }
    }

    private static void end(ShareConnection connection) {
        try {
            connection.close();
        } catch (IOException | RuntimeException e) {
            LOG.debug("on closing a connection", e);
        }
    }

    private void later(Runnable task, long millis) {
        try {
            restorer.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.trace("closed meanwhile", e);
        }
    }
}
