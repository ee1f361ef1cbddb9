package dev.penstock.cache.store.smb;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One way to a share: a connection, which is made anew after it was lost. Thread-safe. Whoever is inside a call when the connection is lost is
 * interrupted, since smbj would let each wait until its time is over, and hears of it by {@link RailLostException}.
 */
final class Rail {
    /** What is done with a connection. */
    interface Use<T> {
        T with(ShareConnection connection) throws IOException;
    }

    private final SmbStoreOptions options;
    private final char[] password;
    private final boolean found;
    private final Consumer<ShareConnection> onLost;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Thread> inside = new HashSet<>();
    private final AtomicInteger load = new AtomicInteger();
    private volatile @Nullable ShareConnection standing;
    private volatile @Nullable Throwable why;
    private volatile boolean reserve;
    private volatile boolean hasStood;

    /**
     * A way that is not yet gone.
     *
     * @param password stays the caller's
     * @param found whether the server named it, and not a person
     * @param onLost told of a connection that was lost and has to be closed, on the transport's thread
     */
    Rail(SmbStoreOptions options, char[] password, boolean found, Consumer<ShareConnection> onLost) {
        this.options = options;
        this.password = password;
        this.found = found;
        this.onLost = onLost;
    }

    /**
     * Connects and logs on. By one thread at a time.
     *
     * @param welcome hears which server has answered, before anything of the user is told to it
     */
    void connect(ShareConnection.Welcome welcome) throws IOException {
        var attempt = new Attempt();
        ShareConnection made;
        try {
            made = ShareConnection.open(options, password, welcome, attempt::lost);
        } catch (IOException | RuntimeException e) {
            why = e;
            throw e;
        }
        if (!attempt.made(made)) {
            made.close();
            throw new IOException(options.host() + " was lost at once: " + why, why);
        }
    }

    /** The connection, while there is one. */
    @Nullable
    ShareConnection standing() {
        return standing;
    }

    /** Calls under way. */
    int load() {
        return load.get();
    }

    /** Why there is no connection; null while there is one, or was none yet. */
    @Nullable
    Throwable why() {
        return why;
    }

    /** The address of the other end. */
    String host() {
        return options.host();
    }

    /** Whether the server named it, and not a person. */
    boolean found() {
        return found;
    }

    /** Whether it was ever connected. */
    boolean hasStood() {
        return hasStood;
    }

    /** Whether it is used only where no other is there. */
    boolean reserve() {
        return reserve;
    }

    void reserve(boolean is) {
        reserve = is;
    }

    /**
     * Does something with the connection.
     *
     * @throws RailLostException where there is none, or it was lost meanwhile: nothing is written by it any more
     */
    <T> T call(ShareConnection connection, Use<T> use) throws IOException {
        enter(connection);
        try {
            return use.with(connection);
        } catch (IOException | RuntimeException e) {
            if (connection.equals(standing)) {
                throw e;
            }
            throw new RailLostException(options.host() + " is lost: " + why, e);
        } finally {
            leave(connection);
        }
    }

    private void enter(ShareConnection connection) throws RailLostException {
        lock.lock();
        try {
            if (!connection.equals(standing)) {
                throw new RailLostException(options.host() + " is lost: " + why, why);
            }
            inside.add(Thread.currentThread());
            load.incrementAndGet();
        } finally {
            lock.unlock();
        }
    }

    private void leave(ShareConnection connection) {
        lock.lock();
        try {
            load.decrementAndGet();
            if (!inside.remove(Thread.currentThread()) && !connection.equals(standing)) {
                // It was interrupted to come back from this call, not to end.
                var _ = Thread.interrupted();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has the server end a session that was lost, by a connection that is made for that alone. */
    void bury(ShareConnection.Check check, long session) throws IOException {
        ShareConnection.open(options, password, new ShareConnection.Welcome(check, session), _ -> {})
                .close();
    }

    /** Ends the connection in order. */
    void close() throws IOException {
        var last = standing;
        if (last != null) {
            last.close();
        }
    }

    /** One connection, which may be lost before it is known. */
    private final class Attempt {
        private @Nullable ShareConnection connection;
        private boolean isLost;

        boolean made(ShareConnection by) {
            lock.lock();
            try {
                connection = by;
                if (!isLost) {
                    standing = by;
                    hasStood = true;
                    why = null;
                }
                return !isLost;
            } finally {
                lock.unlock();
            }
        }

        void lost(Throwable cause) {
            ShareConnection gone;
            lock.lock();
            try {
                if (isLost) {
                    return;
                }
                isLost = true;
                why = cause;
                gone = connection;
                if (gone == null) {
                    return;
                }
                standing = null;
                inside.forEach(Thread::interrupt);
                inside.clear();
            } finally {
                lock.unlock();
            }
            onLost.accept(gone);
        }
    }
}
