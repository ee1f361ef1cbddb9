package dev.penstock.smb.state;

import dev.penstock.smb.crypto.PreauthHash;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.Smb2Response;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was agreed with one client, and its sessions. [MS-SMB2] 3.3.1.7. Belongs to the connection's loop. */
public final class ConnectionState {
    /** Sessions of one connection; terminal servers have hundreds. */
    public static final int MAX_SESSIONS = 1024;

    private final Link link;
    private final Notifier notifier;
    private final Map<Long, Channel> sessions = new LinkedHashMap<>();
    private @Nullable Agreement agreement;
    private PreauthHash preauth = PreauthHash.START;

    /**
     * The outcome of NEGOTIATE.
     *
     * @param clientDialects all that the client offered, for FSCTL_VALIDATE_NEGOTIATE_INFO
     * @param cipher 0 where nothing can be encrypted
     */
    public record Agreement(
            int dialect,
            Guid clientGuid,
            int clientCapabilities,
            int clientSecurityMode,
            List<Integer> clientDialects,
            int serverCapabilities,
            int serverSecurityMode,
            int cipher,
            int signingAlgorithm) {}

    /** How the connection tells its client something that it has not asked for. */
    public interface Notifier {
        /**
         * Sends a notification. Any thread.
         *
         * @param encryptor the session that encrypts it, or null
         * @param whenLost runs, on any thread, where the connection is given up because the client's system does not acknowledge it
         * @return false where the connection is gone; then nothing runs
         */
        boolean notify(Smb2Response body, @Nullable Session encryptor, Runnable whenLost);
    }

    /** Before NEGOTIATE. */
    public ConnectionState(Link link, Notifier notifier) {
        this.link = link;
        this.notifier = notifier;
    }

    /** For what the client is told without having asked. Any thread. */
    public Notifier notifier() {
        return notifier;
    }

    /** The carrier. */
    public Link link() {
        return link;
    }

    /** Null before NEGOTIATE. */
    public @Nullable Agreement agreement() {
        return agreement;
    }

    /** NEGOTIATE was answered. */
    public void agree(Agreement now) {
        this.agreement = now;
    }

    /** The chain of hashes over NEGOTIATE's messages. */
    public PreauthHash preauth() {
        return preauth;
    }

    /** Takes one more message into the chain. */
    public void preauth(PreauthHash next) {
        this.preauth = next;
    }

    /** The sessions by their ids, as they are on this connection. */
    public Map<Long, Channel> sessions() {
        return sessions;
    }

    /** True once any user is known: limits are wider then. */
    public boolean isAuthenticated() {
        for (Channel channel : sessions.values()) {
            if (channel.isValid()) {
                return true;
            }
        }
        return false;
    }
}
