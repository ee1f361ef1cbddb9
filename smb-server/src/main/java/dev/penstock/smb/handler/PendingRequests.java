package dev.penstock.smb.handler;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Tree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The requests that were told STATUS_PENDING. [MS-SMB2] 3.3.4.2. Belongs to the connection's loop. */
public final class PendingRequests {
    /** Asynchronous requests of one connection, as with Windows. */
    public static final int MAX_PENDING = 512;

    private final Map<Long, Waiting> waiting = new LinkedHashMap<>();
    private long lastAsyncId;

    private record Waiting(Exchange exchange, Deferred deferred) {}

    /** Takes a request; answers its AsyncId, or 0 where there are too many. */
    public long add(Exchange exchange, Deferred deferred) {
        if (waiting.size() >= MAX_PENDING) {
            return 0;
        }
        waiting.put(++lastAsyncId, new Waiting(exchange, deferred));
        return lastAsyncId;
    }

    /** The request can be cancelled another way from now on. */
    public void replace(long asyncId, Exchange exchange, Deferred deferred) {
        waiting.replace(asyncId, new Waiting(exchange, deferred));
    }

    /** The request has been answered. */
    public void remove(long asyncId) {
        waiting.remove(asyncId);
    }

    /** CANCEL by AsyncId. */
    public void cancel(long asyncId) {
        Waiting found = waiting.get(asyncId);
        if (found != null) {
            found.deferred.cancel(Deferred.Reason.CANCEL);
        }
    }

    /** CANCEL by MessageId. */
    public void cancelMessage(long messageId) {
        for (Waiting one : List.copyOf(waiting.values())) {
            if (one.exchange.incoming.header().messageId() == messageId) {
                one.deferred.cancel(Deferred.Reason.CANCEL);
            }
        }
    }

    /** Cancels what hangs on a session or on one of its trees; all of it where both are null. */
    void cancelAll(@Nullable Session session, @Nullable Tree tree, Deferred.Reason reason) {
        var found = new ArrayList<Deferred>();
        for (Waiting one : waiting.values()) {
            boolean stays = reason == Deferred.Reason.CHANNEL_ENDED && one.exchange.outlivesChannel();
            boolean named =
                    (session == null || one.exchange.session == session) && (tree == null || one.exchange.tree == tree);
            if (named && !stays) {
                found.add(one.deferred);
            }
        }
        found.forEach(deferred -> deferred.cancel(reason));
    }
}
