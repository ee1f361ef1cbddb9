package dev.penstock.inference.serving;

import java.util.concurrent.locks.ReentrantLock;

/** What the engine has done. Thread-safe. */
public final class Statistics {
    private final ReentrantLock lock = new ReentrantLock();
    private long requests;
    private long promptTokens;
    private long completionTokens;
    private double lastFirstTokenMillis;
    private double lastTokensPerSecond;

    /**
     * Figures so far.
     *
     * @param lastFirstTokenMillis from the arrival of the last request to its first token
     * @param lastTokensPerSecond of the last answer, from its first token on
     */
    public record Figures(
            long requests,
            long promptTokens,
            long completionTokens,
            double lastFirstTokenMillis,
            double lastTokensPerSecond) {}

    void first(long nanos) {
        lock.lock();
        try {
            lastFirstTokenMillis = nanos / 1e6;
        } finally {
            lock.unlock();
        }
    }

    void done(int prompt, int completion, long nanos) {
        lock.lock();
        try {
            requests++;
            promptTokens += prompt;
            completionTokens += completion;
            // The first token was there when the clock started.
            lastTokensPerSecond = completion > 1 && nanos > 0 ? (completion - 1) * 1e9 / nanos : 0;
        } finally {
            lock.unlock();
        }
    }

    /** The figures now. */
    public Figures figures() {
        lock.lock();
        try {
            return new Figures(requests, promptTokens, completionTokens, lastFirstTokenMillis, lastTokensPerSecond);
        } finally {
            lock.unlock();
        }
    }
}
