package dev.penstock.smb.state;

import dev.penstock.smb.auth.Authentication;
import dev.penstock.smb.crypto.MessageCipher;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.crypto.PreauthHash;
import org.jspecify.annotations.Nullable;

/**
 * A session on one of its connections. [MS-SMB2] 3.3.1.14. Its signing key is its own, and so is the hash of the messages that led to it;
 * the keys of encryption are the session's. Belongs to the connection's loop: nothing of it is shared, least of all the state of ciphers.
 */
public final class Channel {
    private final Session session;
    private final boolean binding;
    private @Nullable Authentication authentication;
    private PreauthHash preauth;
    private @Nullable Keys keys;
    private @Nullable MessageSigner sessionSigner;

    /**
     * What a channel works with once its user is known.
     *
     * @param signer signs and checks; one for both directions, since both are done on one loop
     * @param decrypter null where the connection has no cipher
     */
    public record Keys(
            MessageSigner signer,
            @Nullable MessageCipher decrypter,
            @Nullable MessageCipher encrypter) {}

    /**
     * A channel whose setup starts.
     *
     * @param binding whether the session is there already, on another connection
     */
    public Channel(Session session, boolean binding, @Nullable Authentication authentication, PreauthHash preauth) {
        this.session = session;
        this.binding = binding;
        this.authentication = authentication;
        this.preauth = preauth;
    }

    /**
     * What a connection that is not bound to a session answers with to whoever has shown that session's key: clients believe a refusal only
     * under it. In no table.
     */
    public static @Nullable Channel toRefuse(@Nullable Session session) {
        Session.Secured secured = session == null ? null : session.secured();
        if (session == null || secured == null) {
            return null;
        }
        var channel = new Channel(session, true, null, PreauthHash.START);
        channel.sessionSigner(secured.signer());
        return channel;
    }

    /** The session. */
    public Session session() {
        return session;
    }

    /** True where the session was there before this channel. */
    public boolean binding() {
        return binding;
    }

    /** True while the connection is not yet bound: nothing but the rest of the setup may use the session here. */
    public boolean joining() {
        return binding && keys == null;
    }

    /** The authentication under way, the first or a later one; null where none is. */
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
    public @Nullable Keys keys() {
        return keys;
    }

    /** The user is known: once. */
    public void secure(Keys now) {
        this.keys = now;
    }

    /** The signer of the session itself, by which the setup of a further channel is protected until that has a key. */
    public void sessionSigner(MessageSigner signer) {
        this.sessionSigner = signer;
    }

    /** What answers are signed with now; null where there is no key yet. */
    public @Nullable MessageSigner signer() {
        return keys == null ? sessionSigner : keys.signer();
    }

    /**
     * What refusals are signed with now; null where they are not.
     *
     * <p>Before this connection is bound there is only the session's key, which is also that of its first connection. The nonce of GMAC is the
     * MessageId, which each connection counts from 0: a refusal here would share its nonce with an answer there, and two such signatures
     * give the key of authentication away. The interim answer of a binding is signed all the same, since it is worthless to the client
     * otherwise, and its MessageId is one that the first connection used before it had a key. What is left is the protocol's own weakness: a
     * third connection is bound under the same MessageIds as the second, and so is a recorded first leg that somebody sends again. 3.1.4.1,
     * 3.3.5.5
     */
    public @Nullable MessageSigner refusalSigner() {
        Session.Secured secured = session.secured();
        boolean unsafe = keys == null && secured != null && secured.signsByMessageId();
        return unsafe ? null : signer();
    }

    /** True once the user is known and until the session ends. */
    public boolean isValid() {
        return keys != null && session.isValid();
    }
}
