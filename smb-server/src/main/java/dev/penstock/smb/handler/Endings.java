package dev.penstock.smb.handler;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.DurableHandle;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Tree;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends what hangs on a tree or a session: requests that wait, and opens. Belongs to the connection's loop. */
final class Endings {
    private static final Logger LOG = LoggerFactory.getLogger(Endings.class);

    private final ServerState server;
    private final ConnectionState connection;
    private final PendingRequests pending;

    Endings(ServerState server, ConnectionState connection, PendingRequests pending) {
        this.server = server;
        this.connection = connection;
        this.pending = pending;
    }

    /** Cancels what waits and closes the opens, of one tree or of all; {@code then} runs on the loop when all are closed. */
    void end(Session session, @Nullable Tree tree, Deferred.Reason reason, Runnable then) {
        pending.cancelAll(session, tree, reason);
        session.lines().forEach(line -> line.cancel(session, tree, reason));
        List<OpenEntry> opens = session.opens().all(tree);
        if (opens.isEmpty()) {
            then.run();
            return;
        }
        var left = new AtomicInteger(opens.size());
        Runnable oneClosed = () -> {
            if (left.decrementAndGet() == 0) {
                connection.link().execute(then);
            }
        };
        // Whoever disconnects a tree has no more use for it; whoever logs off may log on again. 3.3.5.6, 3.3.5.8
        boolean lost = reason != Deferred.Reason.TREE_ENDED;
        for (OpenEntry entry : opens) {
            if (session.opens().remove(entry)) {
                entry.whenIdle(() -> end(entry, lost, oneClosed));
            } else {
                oneClosed.run();
            }
        }
    }

    /** Closes an open, or lets it wait for its client to come back. 3.3.7.1 */
    private void end(OpenEntry entry, boolean lost, Runnable then) {
        DurableHandle durable = entry.durable();
        if (durable == null) {
            abandon(entry, then);
            return;
        }
        // At once, on the loop: a client may come back before any other thread has had its turn.
        if (!lost || !server.durables().detach(durable)) {
            server.durables().remove(durable);
            abandon(entry, then);
            return;
        }
        entry.detached();
        run(() -> {
            if (!entry.open().outlives()) {
                server.durables().expire(durable); // it keeps nothing any more that would let it wait
            }
            then.run();
        });
    }

    private void run(Runnable task) {
        try {
            server.io().execute(task);
        } catch (RejectedExecutionException e) {
            task.run(); // the server stops: late is better than never
        }
    }

    private void abandon(OpenEntry entry, Runnable then) {
        Runnable task = () -> {
            try {
                entry.open().abandon();
            } catch (RuntimeException | AssertionError e) {
                server.counters().bugs.increment();
                LOG.error("an open could not be closed", e);
            } finally {
                then.run();
            }
        };
        run(task);
    }
}
