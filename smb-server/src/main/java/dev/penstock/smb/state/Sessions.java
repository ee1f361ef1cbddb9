package dev.penstock.smb.state;

import java.security.SecureRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** All sessions of the server, so that a client that comes back can end the one that it lost, or bind another connection. Thread-safe. */
public final class Sessions {
    private final ConcurrentHashMap<Long, Session> sessions = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();

    /** A new session, under an id that is not in use. */
    public Session create() {
        while (true) {
            long id = random.nextInt() & 0xffff_ffffL; // some clients keep only 32 bits, as Samba's ids have
            var session = new Session(id);
            if (id != 0 && sessions.putIfAbsent(id, session) == null) {
                return session;
            }
        }
    }

    /** The session under this id, or null. */
    public @Nullable Session find(long sessionId) {
        return sessions.get(sessionId);
    }

    /** The session has ended. */
    public void remove(Session session) {
        sessions.remove(session.id(), session); // the id may be another's already
    }

    /** Sessions now, those whose setup is under way included. */
    public int size() {
        return sessions.size();
    }
}
