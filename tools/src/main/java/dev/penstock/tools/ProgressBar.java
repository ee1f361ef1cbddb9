package dev.penstock.tools;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** A line on standard error that shows how far a load is. Any thread; drawn ten times a second at most. */
final class ProgressBar {
    private static final int CELLS = 30;
    private static final long BETWEEN = TimeUnit.MILLISECONDS.toNanos(100);

    private final String label;
    private final boolean terminal = System.getenv("TERM") != null && !"dumb".equals(System.getenv("TERM"));
    private final ReentrantLock lock = new ReentrantLock();
    private long lastDrawn = System.nanoTime() - BETWEEN;
    private boolean drawn;
    private boolean ended;

    ProgressBar(String label) {
        this.label = label;
    }

    void show(long bytes, long total, long nanos) {
        lock.lock();
        try {
            long now = System.nanoTime();
            if (!terminal || ended || (bytes < total && now - lastDrawn < BETWEEN)) {
                return;
            }
            lastDrawn = now;
            drawn = true;
            int full = total == 0 ? CELLS : (int) (CELLS * bytes / total);
            System.err.printf(
                    Locale.ROOT,
                    "\r%s [%s%s] %.2f of %.2f GB, %.2f GB/s ",
                    label,
                    "#".repeat(full),
                    ".".repeat(CELLS - full),
                    bytes / 1e9,
                    total / 1e9,
                    nanos == 0 ? 0.0 : (double) bytes / nanos);
        } finally {
            lock.unlock();
        }
    }

    /** Leaves the line as it is and goes on below it. */
    void end() {
        lock.lock();
        try {
            if (drawn && !ended) {
                System.err.println();
            }
            ended = true;
        } finally {
            lock.unlock();
        }
    }
}
