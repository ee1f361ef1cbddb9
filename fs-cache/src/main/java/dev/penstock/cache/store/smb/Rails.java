package dev.penstock.cache.store.smb;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
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

    private static final long LONGEST_PAUSE_OF_STRANGER_MILLIS = 60_000;

    /** Ways to one share: cables to a machine are fewer, and each costs memory and a thread. */
    private static final int MOST_RAILS = 8;

    /** How often the server is asked anew for its addresses. Windows asks every ten minutes; a plugged cable should not take so long. */
    private static final long LOOK_AGAIN_MILLIS = 15_000;

    /** Who wants to know of the ways that there are. */
    interface Watcher {
        /** There are so many now, whether or not they stand. */
        void count(int rails);

        /** One was connected. On a thread that may wait. */
        void isThere(ShareConnection connection);
    }

    private final List<Rail> rails = new CopyOnWriteArrayList<>();
    private final Set<Long> orphans = ConcurrentHashMap.newKeySet();
    private final SmbStoreOptions first;
    private final char[] password;
    private final Watcher watcher;
    private final ScheduledExecutorService restorer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable UUID server;
    private long lastLost = System.nanoTime();
    private volatile List<String> named = List.of();
    private volatile boolean looked = true;
    private volatile boolean closed;

    private Rails(List<SmbStoreOptions> ways, char[] password, Watcher watcher) {
        this.first = ways.getFirst();
        this.password = password.clone();
        this.watcher = watcher;
        // Each way that is lost may keep one for as long as connecting takes; another looks for new ones.
        this.restorer = Executors.newScheduledThreadPool(
                Math.max(MOST_RAILS, ways.size()) + 1,
                Thread.ofPlatform().name("smb-store-rail-", 0).daemon().factory());
        ways.forEach(way -> add(way, false));
    }

    private Rail add(SmbStoreOptions way, boolean found) {
        var holder = new Rail[1];
        holder[0] = new Rail(way, password, found, connection -> lost(holder[0], connection));
        rails.add(holder[0]);
        return holder[0];
    }

    /**
     * Connects by the first way; the others follow, and those that do not answer are tried again and again.
     *
     * @throws IOException where the first cannot be gone
     */
    static Rails open(List<SmbStoreOptions> ways, char[] password, Watcher watcher) throws IOException {
        var made = new Rails(ways, password, watcher);
        try {
            var first = made.rails.getFirst();
            first.connect(made.welcome(first));
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
        return choose().connection;
    }

    /** All connections that stand. */
    List<ShareConnection> standing() {
        return rails.stream().map(Rail::standing).filter(Objects::nonNull).toList();
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

    /** Whether it is known which ways there are, and each has been tried. */
    boolean settled() {
        return looked && rails.stream().allMatch(rail -> rail.standing() != null || rail.why() != null);
    }

    List<String> named() {
        return named;
    }

    Rail byHost(String host) throws IOException {
        return rails.stream()
                .filter(rail -> rail.host().equals(host))
                .findFirst()
                .orElseThrow(() -> new IOException("no way leads to " + host));
    }

    List<SmbFileStore.Way> ways() {
        return rails.stream()
                .map(rail -> new SmbFileStore.Way(
                        rail.host(),
                        rail.standing() != null,
                        rail.reserve(),
                        rail.standing() != null ? "" : reason(rail)))
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

    private static final Comparator<Rail> PREFERRED =
            Comparator.<Rail, Boolean>comparing(Rail::reserve).thenComparingInt(Rail::load);

    private record Choice(Rail rail, ShareConnection connection) {}

    private Choice choose() throws IOException {
        lock.lock();
        try {
            while (true) {
                var best =
                        rails.stream().filter(rail -> rail.standing() != null).min(PREFERRED);
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
                rails.stream().map(rail -> rail.host() + ": " + reason(rail)).toList());
    }

    private static String reason(Rail rail) {
        Throwable why = rail.why();
        return why == null ? "not yet connected" : Objects.requireNonNullElse(why.getMessage(), why.toString());
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---------------------------------------------------------------- more of them

    /** Looks for further ways, at once and now and then, until it is closed. */
    void findMore() {
        looked = false;
        later(this::look, 0);
    }

    private void look() {
        try {
            var connection = rails.getFirst().standing();
            var by = connection == null ? any() : connection;
            var offered = call(by, ShareConnection::serverInterfaces);
            named = offered.stream().map(one -> one.address().getHostAddress()).toList();
            if (!offered.isEmpty()) {
                use(RailChoice.of(offered, OwnNetwork.all(), firstAddress(), by.direct(), MOST_RAILS - 1));
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("the server does not say by what addresses it can be reached", e);
        }
        looked = true;
        later(this::look, LOOK_AGAIN_MILLIS);
    }

    private InetAddress firstAddress() throws IOException {
        return InetAddress.getByName(first.host());
    }

    private void use(RailChoice choice) {
        rails.getFirst().reserve(choice.firstIsReserve());
        var wanted = new HashSet<String>();
        var fresh = new ArrayList<RailChoice.Way>();
        for (RailChoice.Way way : choice.others()) {
            String host = way.address().getHostAddress();
            wanted.add(host);
            var known = rails.stream().filter(rail -> rail.host().equals(host)).findFirst();
            known.ifPresent(rail -> rail.reserve(way.reserve()));
            if (known.isEmpty()) {
                fresh.add(way);
            }
        }
        // One whose cable is out is not named, either: it is kept, as long as there is room.
        rails.removeIf(rail -> rail.found()
                && rail.standing() == null
                && !wanted.contains(rail.host())
                && (!rail.hasStood() || rails.size() + fresh.size() > MOST_RAILS));
        for (RailChoice.Way way : fresh) {
            if (rails.size() < MOST_RAILS) {
                var rail = add(first.withHost(way.address().getHostAddress()), true);
                rail.reserve(way.reserve());
                LOG.info("{} leads to the store, too", rail.host());
                later(() -> connect(rail, FIRST_PAUSE_MILLIS), 0);
            }
        }
        watcher.count(rails.size());
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
                    orphans.add(connection.sessionId());
                    later(this::bury, 0);
                    connect(rail, FIRST_PAUSE_MILLIS);
                },
                0);
    }

    private void connect(Rail rail, long pause) {
        if (!rails.contains(rail)) {
            return; // the server names it no more
        }
        try {
            rail.connect(welcome(rail));
            LOG.info("{} is there", rail.host());
            signal();
            var made = rail.standing();
            if (made != null) {
                bury();
                watcher.isThere(made);
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} does not answer", rail.host(), e);
            boolean stranger = rail.found() && !rail.hasStood();
            long longest = stranger ? LONGEST_PAUSE_OF_STRANGER_MILLIS : LONGEST_PAUSE_MILLIS;
            later(() -> connect(rail, Math.min(2 * pause, longest)), pause);
        }
        if (closed || !rails.contains(rail)) {
            // Closing may not have seen what was made here.
            var late = rail.standing();
            if (late != null) {
                end(late);
            }
        }
    }

    /**
     * Has the server end the sessions that were lost. It may not know yet that they are, and keep what they have open from others, or do what they
     * have asked for.
     */
    private void bury() {
        orphans.removeIf(session -> rails.stream().anyMatch(rail -> rail.standing() != null && bury(rail, session)));
    }

    private boolean bury(Rail by, long session) {
        try {
            by.bury(server -> check(by, server), session);
            return true;
        } catch (IOException | RuntimeException e) {
            LOG.debug("a lost session is not ended by {}", by.host(), e);
            return false;
        }
    }

    private ShareConnection.Welcome welcome(Rail rail) {
        return new ShareConnection.Welcome(server -> check(rail, server), 0);
    }

    /**
     * All ways lead to one server, [MS-SMB2] 3.2.5.2. Which it is may change only where no way to it is left, as when it was restarted, and by
     * a way that a person has named.
     */
    private void check(Rail rail, UUID answering) throws IOException {
        lock.lock();
        try {
            if (server == null || standing().isEmpty() && !rail.found()) {
                server = answering;
            }
            if (!answering.equals(server)) {
                throw new IOException(rail.host() + " leads to another server");
            }
        } finally {
            lock.unlock();
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
