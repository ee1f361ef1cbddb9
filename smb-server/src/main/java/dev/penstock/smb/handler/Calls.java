package dev.penstock.smb.handler;

import dev.penstock.smb.command.Holder;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.InTurn;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Tree;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Negotiate;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls into shares and opens: off the loop unless they never block, and back to it. Belongs to the connection's loop. */
final class Calls {
    private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

    private final ServerState server;
    private final ConnectionState connection;
    private final ArrayDeque<Runnable> afterNames = new ArrayDeque<>();
    private int namesChanging;

    Calls(ServerState server, ConnectionState connection) {
        this.server = server;
        this.connection = connection;
    }

    /** What a handler is told about a request. */
    RequestContext context(Exchange exchange) {
        Session session = Objects.requireNonNull(exchange.session);
        Tree tree = Objects.requireNonNull(exchange.tree);
        var agreement = Objects.requireNonNull(connection.agreement());
        int max = server.policy().maxTransact();
        return new RequestContext(
                exchange.incoming.header(),
                new RequestContext.Client(
                        connection.link().peer(), agreement.clientGuid(), agreement.dialect(), max, max, max),
                Objects.requireNonNull(session.secured()).user(),
                session.id(),
                tree.id(),
                tree.share(),
                server.slabs(),
                server.io(),
                session.notes(),
                exchange.incoming.fileRangeWelcome(),
                exchange.incoming.arrivalNanos(),
                Holder.NOBODY,
                server.alarms());
    }

    /** Whether lock requests sent again are known as such: by handles that can be had again, or by whoever has several channels. 3.3.5.14 */
    boolean remembersLocks(OpenEntry entry) {
        int both = Negotiate.CAP_MULTI_CHANNEL;
        var agreement = Objects.requireNonNull(connection.agreement());
        return entry.durable() != null || (agreement.serverCapabilities() & agreement.clientCapabilities() & both) != 0;
    }

    /** For what the client is told without having asked. */
    ConnectionState.Notifier notifier() {
        return connection.notifier();
    }

    /** Calls an open, and ends the exchange with what it answers. */
    void call(Exchange exchange, Supplier<Outcome> call) {
        call(exchange, call, server.io());
    }

    /**
     * The same, one such call after the other: {@link OpenEntry#writes}. It is tried on the loop first, where {@code now} answers null if
     * it could not be made there.
     */
    void callNowOrInTurn(Exchange exchange, Supplier<@Nullable Outcome> now, Supplier<Outcome> call) {
        OpenEntry entry = enter(exchange);
        if (entry == null) {
            return;
        }
        InTurn turns = entry.writes();
        Consumer<Outcome> then = outcome -> {
            entry.leave();
            end(exchange, outcome);
        };
        boolean inline = entry.open().inline();
        Outcome outcome = inline ? null : tried(now);
        if (outcome != null) {
            then.accept(outcome);
        } else {
            run(inline, call, task -> turns.execute(server.io(), task), then);
        }
    }

    private void call(Exchange exchange, Supplier<Outcome> call, Executor where) {
        OpenEntry entry = enter(exchange);
        if (entry != null) {
            run(entry.open().inline(), call, where, outcome -> {
                entry.leave();
                end(exchange, outcome);
            });
        }
    }

    /** The exchange's open, which stays until it is left; null where it is closed, with which the exchange has ended. */
    @Nullable
    OpenEntry enter(Exchange exchange) {
        OpenEntry entry = Objects.requireNonNull(exchange.open);
        if (entry.enter()) {
            return entry;
        }
        exchange.finish(Outcome.failed(NtStatus.FILE_CLOSED));
        return null;
    }

    /**
     * Calls an open to change or remove a name. What looks names up and was sent later starts after it, {@link #afterNames}: calls run beside each
     * other, but a client that renames a file and opens the new name has put the two in order. One that has to wait for others holds
     * nobody up.
     */
    void callForName(Exchange exchange, Supplier<Outcome> call) {
        OpenEntry entry = enter(exchange);
        if (entry == null) {
            return;
        }
        namesChanging++;
        run(entry.open().inline(), call, outcome -> {
            entry.leave();
            end(exchange, outcome);
            if (--namesChanging == 0) {
                for (Runnable next = afterNames.poll(); next != null; next = afterNames.poll()) {
                    next.run();
                }
            }
        });
    }

    /** Runs something as soon as no name is being changed by this connection. */
    void afterNames(Runnable lookUp) {
        if (namesChanging == 0) {
            lookUp.run();
        } else {
            afterNames.add(lookUp);
        }
    }

    /** Ends an exchange, now or when a promise is kept. */
    void end(Exchange exchange, Outcome outcome) {
        switch (outcome) {
            case Outcome.Final fin -> exchange.finish(fin);
            case Outcome.Pending pending -> {
                exchange.sink.pending(exchange, pending.deferred());
                pending.deferred().whenComplete(fin -> connection.link().execute(() -> exchange.finish(fin)));
            }
        }
    }

    /** Runs something on the loop. Any thread. */
    void onLoop(Runnable task) {
        connection.link().execute(task);
    }

    /** Runs a call on the loop or off it; {@code then} is told on the loop. */
    void run(boolean inline, Supplier<Outcome> call, Consumer<Outcome> then) {
        run(inline, call, server.io(), then);
    }

    private void run(boolean inline, Supplier<Outcome> call, Executor where, Consumer<Outcome> then) {
        if (inline) {
            then.accept(guarded(call));
            return;
        }
        try {
            where.execute(() -> {
                Outcome outcome = guarded(call);
                connection.link().execute(() -> then.accept(outcome));
            });
        } catch (RejectedExecutionException e) {
            then.accept(Outcome.failed(NtStatus.INSUFFICIENT_RESOURCES));
        }
    }

    /** The same for a call that is tried on the loop first, where {@code now} answers null if it could not be made there. */
    void runNowOr(Supplier<@Nullable Outcome> now, boolean inline, Supplier<Outcome> later, Consumer<Outcome> then) {
        Outcome outcome = inline ? null : tried(now);
        if (outcome != null) {
            then.accept(outcome);
        } else {
            run(inline, later, then);
        }
    }

    /** A defect of ours costs the request, not the connection. */
    private Outcome guarded(Supplier<Outcome> call) {
        return Objects.requireNonNull(tried(call));
    }

    private @Nullable Outcome tried(Supplier<? extends @Nullable Outcome> call) {
        try {
            return call.get();
        } catch (RuntimeException | AssertionError e) {
            server.counters().bugs.increment();
            LOG.error("a request failed unexpectedly", e);
            return Outcome.failed(NtStatus.INTERNAL_ERROR);
        }
    }
}
