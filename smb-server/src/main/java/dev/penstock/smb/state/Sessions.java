package dev.penstock.smb.state;

import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** All sessions of the server, so that a client that comes back can end the one that it lost. Thread-safe. */
public final class Sessions {
    private final ConcurrentHashMap<Long, Owner> owners = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();

    /** The connection that a session belongs to. */
    public interface Owner {
        /**
         * Ends the session if it is this user's. Any thread.
         *
         * @return completes when its files are closed
         */
        CompletableFuture<Void> endSession(long sessionId, String user);
    }

    /** Takes an id that is not in use. */
    public long register(Owner owner) {
        while (true) {
            long id = random.nextInt() & 0xffff_ffffL; // some clients keep only 32 bits, as Samba's ids have
            if (id != 0 && owners.putIfAbsent(id, owner) == null) {
                return id;
            }
        }
    }

    /** Who has the session, or null. */
    public @Nullable Owner owner(long sessionId) {
        return owners.get(sessionId);
    }

    /** The session has ended. */
    public void remove(long sessionId) {
        owners.remove(sessionId);
    }

    /** Sessions now, those whose setup is under way included. */
    public int size() {
        return owners.size();
    }
}
