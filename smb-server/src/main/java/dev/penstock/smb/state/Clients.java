package dev.penstock.smb.state;

import dev.penstock.smb.wire.dtyp.Guid;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The connections of each client on which a user has logged on, the oldest first: what is about a lease goes to the client, by whichever connection there is. [MS-SMB2]
 * 3.3.4.7. Thread-safe.
 */
public final class Clients {
    private final ConcurrentHashMap<Guid, List<ConnectionState.Notifier>> connections = new ConcurrentHashMap<>();

    private final ServerMessages messages = new ServerMessages();

    /** A user has logged on by a connection: the first or a further one. */
    public void add(Guid client, ConnectionState.Notifier connection) {
        connections.merge(
                client,
                List.of(connection),
                (some, more) -> some.contains(connection)
                        ? some
                        : Stream.concat(some.stream(), more.stream()).toList());
    }

    /** What is told to all of them. */
    public ServerMessages messages() {
        return messages;
    }

    /** A connection is gone. */
    public void remove(Guid client, ConnectionState.Notifier connection) {
        connections.computeIfPresent(client, (_, some) -> {
            var left = some.stream().filter(one -> !one.equals(connection)).toList();
            return left.isEmpty() ? null : left;
        });
    }

    /** The oldest connection of a client, or null where there is none. */
    public ConnectionState.@Nullable Notifier first(Guid client) {
        List<ConnectionState.Notifier> some = connections.get(client);
        return some == null ? null : some.getFirst();
    }
}
