package dev.penstock.smb.handler;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.state.ConnectionState;
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
        for (OpenEntry entry : opens) {
            session.opens().remove(entry);
            entry.whenIdle(() -> abandon(entry, oneClosed));
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
        try {
            server.io().execute(task);
        } catch (RejectedExecutionException e) {
            task.run(); // the server stops: late is better than never
        }
    }
}
