package dev.penstock.smb.volume;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.erref.NtStatus;
import java.util.concurrent.Executor;

/**
 * A call that may have to wait until others have given something up, and is then made anew from its start: what it found may be otherwise.
 * One thread at a time.
 */
final class Retried {
    private final Executor io;
    private final Attempt attempt;
    private final Deferred promise = new Deferred(this::cancel);
    private volatile boolean first = true;

    /** What is made anew. It gives up by {@link #waitFor}. */
    interface Attempt {
        Outcome run(Retried self) throws Refusal, PosixException;
    }

    private Retried(Executor io, Attempt attempt) {
        this.io = io;
        this.attempt = attempt;
    }

    /** Makes the call: its outcome now, or a promise of it. */
    static Outcome run(Executor io, Attempt attempt) {
        var call = new Retried(io, attempt);
        Outcome outcome = call.make();
        return outcome == null ? new Outcome.Pending(call.promise) : outcome;
    }

    /** False once it has waited. */
    boolean first() {
        return first;
    }

    /** Ends this attempt; the next is made when something of the file is given up. With the node's lock held. */
    Refusal waitFor(Node node) {
        node.caching.await(() -> io.execute(this::again));
        return new MustWait();
    }

    private @org.jspecify.annotations.Nullable Outcome make() {
        try {
            return attempt.run(this);
        } catch (MustWait _) {
            return null;
        } catch (Refusal refusal) {
            return refusal.outcome();
        } catch (PosixException e) {
            return Outcome.failed(Refusal.statusOf(e));
        }
    }

    private void again() {
        first = false;
        if (promise.isKept()) {
            return;
        }
        Outcome outcome = make();
        switch (outcome) {
            case null -> {}
            case Outcome.Final fin -> {
                if (!promise.complete(fin) && fin instanceof Outcome.Opened opened) {
                    opened.open().abandon();
                }
            }
            case Outcome.Pending pending -> pending.deferred().whenComplete(promise::complete);
        }
    }

    private void cancel(Deferred.Reason reason) {
        promise.complete(Outcome.failed(NtStatus.CANCELLED));
    }

    /** Leads out of an attempt that has to be made again. */
    private static final class MustWait extends Refusal {
        private static final long serialVersionUID = 1L;

        private MustWait() {
            super(NtStatus.PENDING);
        }
    }
}
