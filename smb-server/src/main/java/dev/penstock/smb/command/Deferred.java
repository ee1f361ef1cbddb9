package dev.penstock.smb.command;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The promise of a final outcome, kept exactly once by whoever made it, from any thread, also after it was cancelled: cancelling asks, the
 * maker answers, usually with STATUS_CANCELLED. Thread-safe.
 */
public final class Deferred {
    /** Why nobody waits any longer. */
    public enum Reason {
        /** The client sent CANCEL. */
        CANCEL,
        /** The tree was disconnected. */
        TREE_ENDED,
        /** The session was logged off or replaced. */
        SESSION_ENDED,
        /** The connection is gone: the answer will not be sent. */
        CONNECTION_ENDED,
        /** The connection is gone, but the session has others. */
        CHANNEL_ENDED
    }

    private final Consumer<Reason> onCancel;
    private final AtomicReference<@Nullable Object> state = new AtomicReference<>();

    /**
     * A promise.
     *
     * @param onCancel told at most a few times that an answer is wanted now; must not block; may call {@link #complete}; may come
     *     after the completion, and then does nothing
     */
    public Deferred(Consumer<Reason> onCancel) {
        this.onCancel = onCancel;
    }

    /** Keeps the promise. The second call is ignored and answers false: its payload stays the caller's. */
    public boolean complete(Outcome.Final outcome) {
        while (true) {
            Object seen = state.get();
            if (seen instanceof Sink sink) {
                if (state.compareAndSet(seen, Kept.KEPT)) {
                    sink.accept(outcome);
                    return true;
                }
            } else if (seen != null) {
                return false;
            } else if (state.compareAndSet(null, outcome)) {
                return true;
            }
        }
    }

    /** True once the outcome is there. */
    public boolean isKept() {
        Object seen = state.get();
        return seen != null && !(seen instanceof Sink);
    }

    /** Takes the outcome when it comes, or at once; the dispatcher calls it once. */
    public void whenComplete(Consumer<Outcome.Final> receiver) {
        Sink sink = receiver::accept;
        if (!state.compareAndSet(null, sink)) {
            Object seen = state.getAndSet(Kept.KEPT);
            if (!(seen instanceof Outcome.Final outcome)) {
                throw new IllegalStateException("a promise with two receivers");
            }
            receiver.accept(outcome);
        }
    }

    /** Asks the maker for an answer now. */
    public void cancel(Reason reason) {
        onCancel.accept(reason);
    }

    private interface Sink {
        void accept(Outcome.Final outcome);
    }

    private enum Kept {
        KEPT
    }
}
