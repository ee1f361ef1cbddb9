package dev.penstock.smb.connection;

import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Smb2Response;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the client is told without having asked, and whether that got there. [MS-SMB2] 3.3.4.6, 3.3.4.7: what cannot be delivered by one
 * channel of a session goes by the next. A cable that was pulled out does not say so; but a client that lives lets its system acknowledge
 * what was sent. On the connection's loop, but for {@link #tell}.
 */
final class Notifications {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);

    private static final long UNSOLICITED = -1;

    /**
     * How long nothing at all may be heard of a notification's arrival where the session has another channel. TCP has sent it four times by
     * then, and of the 35 seconds that a client has for its answer most are left.
     */
    private static final long PATIENCE_MILLIS = 2_000;

    /**
     * The same where there is no other channel. A laptop that sleeps or is out of reach for less than this keeps its connection and what it has
     * open; clients themselves give a connection up after 35 seconds without an answer.
     */
    private static final long LAST_PATIENCE_MILLIS = 30_000;

    private final Connection connection;
    private final ConnectionState state;
    private final ReplyWriter writer;
    private final List<Runnable> underWay = new ArrayList<>();
    private boolean silent;

    Notifications(Connection connection, ConnectionState state, ReplyWriter writer) {
        this.connection = connection;
        this.state = state;
        this.writer = writer;
    }

    /** {@link ConnectionState.Notifier#notify}: no request's number, no session, no signature. */
    boolean tell(Smb2Response body, @Nullable Session encryptor, Runnable whenLost) {
        if (connection.isClosed()) {
            return false;
        }
        state.link().execute(() -> {
            Channel channel = encryptor == null ? null : state.sessions().get(encryptor.id());
            if (!connection.isClosed() && (encryptor == null || (channel != null && channel.keys() != null))) {
                var header = new Header(
                        0, 0, Command.OPLOCK_BREAK.code(), 0, Header.SERVER_TO_REDIR, 0, UNSOLICITED, 0, 0, 0);
                writer.send(List.of(new Reply(header, body, null, null, null)), channel);
                underWay.add(whenLost);
                state.link().schedule(() -> look(whenLost, PATIENCE_MILLIS), PATIENCE_MILLIS);
            }
        });
        return true;
    }

    private void look(Runnable whenLost, long waited) {
        if (!state.link().isSilent(PATIENCE_MILLIS)) {
            underWay.remove(whenLost);
        } else if (waited >= LAST_PATIENCE_MILLIS || hasOtherChannel()) {
            LOG.info(
                    "connection of {} does not acknowledge what it is sent",
                    state.link().peer());
            silent = true;
            connection.closeLink();
        } else {
            state.link().schedule(() -> look(whenLost, waited + PATIENCE_MILLIS), PATIENCE_MILLIS);
        }
    }

    private boolean hasOtherChannel() {
        return state.sessions().values().stream()
                .anyMatch(channel -> channel.session().lines().size() > 1);
    }

    /** The connection is gone, and taken out of its sessions. A client that ended it itself has what it was sent before. */
    void closed() {
        List<Runnable> lost = silent ? List.copyOf(underWay) : List.of();
        underWay.clear();
        lost.forEach(Runnable::run);
    }
}
