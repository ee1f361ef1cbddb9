package dev.penstock.smb.auth;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How long the answer to a failed logon is held back, per address and user, so that guessing is slow. Bounded: when the table is full the
 * longest unused entry goes, and its owner starts again at the floor, which is slow enough. Thread-safe.
 */
public final class FailureDelay {
    /** As long as Windows Server 2025 waits. */
    static final long FLOOR_MILLIS = 2_000;

    /** Below the time after which clients give up on a response. */
    static final long CEILING_MILLIS = 16_000;

    private static final int MAX_ENTRIES = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Integer> failures = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > MAX_ENTRIES;
        }
    };

    /** Notes a failure; answers how long to wait before it is told, in milliseconds. */
    public long failed(String address, String user) {
        lock.lock();
        try {
            int before = failures.merge(key(address, user), 1, Integer::sum) - 1;
            return before >= 3 ? CEILING_MILLIS : FLOOR_MILLIS << before;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets the failures of someone who has proved who they are. */
    public void succeeded(String address, String user) {
        lock.lock();
        try {
            failures.remove(key(address, user));
        } finally {
            lock.unlock();
        }
    }

    private static String key(String address, String user) {
        return address + '\n' + user.toUpperCase(Locale.ROOT);
    }
}
