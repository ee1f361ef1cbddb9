package dev.penstock.smb.state;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.SessionNotes;
import dev.penstock.smb.command.User;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.crypto.SessionKeys;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A session, on one connection or on several. [MS-SMB2] 3.3.1.8. Thread-safe. */
public final class Session {
    /** Trees of one session; Windows has no limit that clients meet, and a Mac uses a handful. */
    public static final int MAX_TREES = 4096;

    /** Connections of one session, as with Windows and Samba; a Mac uses nine at most. */
    public static final int MAX_LINES = 32;

    private final long id;
    private final SessionNotes notes = new SessionNotes();
    private final Map<Integer, Tree> trees = new ConcurrentHashMap<>();
    private final OpenTable opens = new OpenTable();
    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger lastTreeId = new AtomicInteger();
    private final AtomicLong nonces = new AtomicLong();
    private volatile @Nullable Secured secured;
    private volatile boolean ended;

    /**
     * What a session has once its user is known.
     *
     * @param keys of its first connection; each further one has a signing key of its own
     * @param terms of its first connection, which all others must agree with
     * @param encryptData everything must be encrypted
     * @param signingRequired nothing unsigned is taken
     */
    public record Secured(User user, SessionKeys keys, Terms terms, boolean encryptData, boolean signingRequired) {
        /** A signer under the session's own key, for one connection's use. */
        public MessageSigner signer() {
            return MessageSigner.of(terms.signingAlgorithm(), keys.signing());
        }

        /**
         * What a connection that is not bound checks messages with and signs their refusals; null where it must not sign them, and need not
         * know: {@link Channel#refusalSigner}. A binding is signed so by definition. 3.3.5.5
         */
        public @Nullable MessageSigner strangerSigner(boolean binds) {
            return binds || !signsByMessageId() ? signer() : null;
        }

        /** True for GMAC, whose key may sign only one message under each MessageId and direction. */
        boolean signsByMessageId() {
            return terms.signingAlgorithm() == NegotiateContext.SIGN_AES_GMAC;
        }

        /** The same session of a user who has authenticated once more: the keys stay. 3.3.5.5.3 */
        public Secured withUser(User again) {
            return new Secured(again, keys, terms, encryptData, signingRequired);
        }
    }

    /** What was negotiated on the first connection. */
    public record Terms(int dialect, Guid client, int cipher, int signingAlgorithm) {}

    /** One of the connections that a session is on, as the others see it. Any thread. */
    public interface Line {
        /** For what the client is told without having asked. */
        ConnectionState.Notifier notifier();

        /** Cancels what waits there on the session or on one of its trees. */
        void cancel(Session session, @Nullable Tree tree, Deferred.Reason reason);

        /** The client has said that it lost this connection, and the session: ends it, unless another session lives there. */
        void giveUp(Session session);
    }

    /** A session whose setup starts. */
    public Session(long id) {
        this.id = id;
    }

    /** SessionId on the wire. */
    public long id() {
        return id;
    }

    /** What shares remember of the session. */
    public SessionNotes notes() {
        return notes;
    }

    /** Null until the user is known. */
    public @Nullable Secured secured() {
        return secured;
    }

    /** The user is known. A second time, only the user changes: the keys stay. 3.3.5.5.3 */
    public void secure(Secured now) {
        this.secured = now;
    }

    /** True once the user is known and until the session ends. */
    public boolean isValid() {
        return secured != null && !ended;
    }

    /** True after logoff, or when it was replaced. */
    public boolean ended() {
        return ended;
    }

    /** Nothing more is taken; false where it has ended already. */
    public boolean end() {
        lock.lock();
        try {
            boolean first = !ended;
            ended = true;
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** One more connection; false where there are too many already or the session has ended. Whoever ends it later finds the line. */
    public boolean join(Line line) {
        lock.lock();
        try {
            return !ended && lines.size() < MAX_LINES && lines.add(line);
        } finally {
            lock.unlock();
        }
    }

    /** A connection is gone; true where no other is left. */
    public boolean leave(Line line) {
        lock.lock();
        try {
            lines.remove(line);
            return lines.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** The connections that it is on, the oldest first. */
    public List<Line> lines() {
        return lines;
    }

    /** Its opens. */
    public OpenTable opens() {
        return opens;
    }

    /** Its trees by their ids. */
    public Map<Integer, Tree> trees() {
        return trees;
    }

    /** An id that no tree of this session has. */
    public int nextTreeId() {
        int next;
        do {
            next = lastTreeId.incrementAndGet() & Integer.MAX_VALUE;
        } while (next == 0 || trees.containsKey(next));
        return next;
    }

    /**
     * A nonce that this session's key has not been used with, on whichever connection: a counter. 2.2.41
     *
     * @param size 11 or 12 bytes
     */
    public byte[] nextNonce(int size) {
        long next = nonces.incrementAndGet();
        if (next <= 0) {
            throw new IllegalStateException("the nonces of a session are used up");
        }
        var nonce = new byte[size];
        ByteBuffer.wrap(nonce).order(ByteOrder.LITTLE_ENDIAN).putLong(next);
        return nonce;
    }
}
