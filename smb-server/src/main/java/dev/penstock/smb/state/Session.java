package dev.penstock.smb.state;

import dev.penstock.smb.auth.Authentication;
import dev.penstock.smb.command.SessionNotes;
import dev.penstock.smb.command.User;
import dev.penstock.smb.crypto.MessageCipher;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.crypto.PreauthHash;
import dev.penstock.smb.crypto.SessionKeys;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A session. [MS-SMB2] 3.3.1.8. Belongs to the loop of its connection. */
public final class Session {
    private final SessionNotes notes = new SessionNotes();
    /** What shares remember of the session. */
    public SessionNotes notes() {
        return notes;
    }

    /** Trees of one session; Windows has no limit that clients meet, and a Mac uses a handful. */
    public static final int MAX_TREES = 4096;

    private final long id;
    private final Map<Integer, Tree> trees = new LinkedHashMap<>();
    private final OpenTable opens = new OpenTable();
    private @Nullable Authentication authentication;
    private PreauthHash preauth;
    private volatile @Nullable Secured secured;
    private boolean ended;
    private int lastTreeId;
    private long nonces;

    /**
     * What a session has once its user is known.
     *
     * @param signer signs and checks; one for both directions, since both are done on one loop
     * @param decrypter null where the connection has no cipher
     * @param encryptData everything must be encrypted
     * @param signingRequired nothing unsigned is taken
     */
    public record Secured(
            User user,
            SessionKeys keys,
            MessageSigner signer,
            @Nullable MessageCipher decrypter,
            @Nullable MessageCipher encrypter,
            boolean encryptData,
            boolean signingRequired) {}

    /** A session whose setup starts. */
    public Session(long id, Authentication authentication, PreauthHash preauth) {
        this.id = id;
        this.authentication = authentication;
        this.preauth = preauth;
    }

    /** SessionId on the wire. */
    public long id() {
        return id;
    }

    /** The authentication under way, of a new session or of one that authenticates again; null where none is. */
    public @Nullable Authentication authentication() {
        return authentication;
    }

    /** Starts to authenticate, or ends it with null. */
    public void authentication(@Nullable Authentication next) {
        this.authentication = next;
    }

    /** The chain of hashes of the setup. */
    public PreauthHash preauth() {
        return preauth;
    }

    /** Takes one more message of the setup into the chain. */
    public void preauth(PreauthHash next) {
        this.preauth = next;
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

    /** Nothing more is taken. */
    public void end() {
        ended = true;
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
        do {
            lastTreeId++;
        } while (lastTreeId <= 0 || trees.containsKey(lastTreeId));
        return lastTreeId;
    }

    /**
     * A nonce that this session's key has not been used with: a counter. 2.2.41
     *
     * @param size 11 or 12 bytes
     */
    public byte[] nextNonce(int size) {
        if (++nonces <= 0) {
            throw new IllegalStateException("the nonces of a session are used up");
        }
        var nonce = new byte[size];
        ByteBuffer.wrap(nonce).order(ByteOrder.LITTLE_ENDIAN).putLong(nonces);
        return nonce;
    }
}
