package dev.penstock.smb.handler;

import dev.penstock.smb.command.Holder;
import dev.penstock.smb.state.ConnectionState.Notifier;
import dev.penstock.smb.state.DurableHandle;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.OplockBreak;
import dev.penstock.smb.wire.smb2.Smb2Response;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The client of a handle. Thread-safe; its lock is taken last. */
final class ClientHolder implements Holder {
    private static final int NONE = -1;

    private final ServerState server;
    private final Session session;
    private final Guid client;
    private final Notifier notifier;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable FileId file;
    private int early = NONE;
    private volatile @Nullable DurableHandle waiting;

    /** Somebody is in whose way the handle stands, and nobody is there who could be asked to close it. */
    private volatile boolean unwanted;

    ClientHolder(ServerState server, Session session, Guid client, Notifier notifier) {
        this.server = server;
        this.session = session;
        this.client = client;
        this.notifier = notifier;
    }

    /** The CREATE was answered with this handle. A break that came before is told now. */
    void given(FileId id) {
        int level;
        lock.lock();
        try {
            file = id;
            level = early;
        } finally {
            lock.unlock();
        }
        if (level != NONE) {
            breakOplock(level);
        }
    }

    /** The client is gone, and the handle waits for it. */
    void gone(DurableHandle handle) {
        waiting = handle;
        if (unwanted) {
            server.durables().expire(handle);
        }
    }

    @Override
    public boolean breakOplock(int level) {
        FileId known;
        lock.lock();
        try {
            known = file;
            early = level;
        } finally {
            lock.unlock();
        }
        if (waiting != null) {
            return false;
        }
        return known == null || tell(new OplockBreak.Response(level, known), encryptor());
    }

    @Override
    public boolean breakLease(LeaseBreak.Notification notification) {
        if (waiting != null) {
            return false;
        }
        Session encryptor = encryptor();
        if (encryptor != null) {
            return tell(notification, encryptor);
        }
        if (session.lines().isEmpty()) {
            return false; // it is about to end, and the handle to close or to wait
        }
        Runnable again = () -> {
            if (!breakLease(notification)) {
                expire();
            }
        };
        // A lease is the client's, not the session's: its first connection is told. 3.3.4.7
        Notifier first = server.clients().first(client);
        if (first != null && first.notify(notification, null, again)) {
            return true;
        }
        for (Session.Line line : session.lines()) {
            if (line.notifier().notify(notification, null, again)) {
                return true;
            }
        }
        return false;
    }

    /** By the connection that the handle came by, or, where that is gone, by any other of the session. 3.3.4.6 */
    private boolean tell(Smb2Response body, @Nullable Session encryptor) {
        if (waiting != null) {
            return false;
        }
        Runnable again = () -> {
            if (!tell(body, encryptor)) {
                expire();
            }
        };
        if (notifier.notify(body, encryptor, again)) {
            return true;
        }
        for (Session.Line line : session.lines()) {
            if (line.notifier().notify(body, encryptor, again)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void expire() {
        unwanted = true; // its client may be going just now, and the handle be about to wait
        expireIfAway();
    }

    @Override
    public void expireIfAway() {
        DurableHandle handle = waiting;
        if (handle != null) {
            server.durables().expire(handle);
        }
    }

    private @Nullable Session encryptor() {
        Session.Secured secured = session.secured();
        return secured != null && secured.encryptData() ? session : null;
    }
}
