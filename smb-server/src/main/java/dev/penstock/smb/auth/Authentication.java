package dev.penstock.smb.auth;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.FileTime;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One client's way through SPNEGO and NTLMv2. [MS-NLMP] 3.2.5. Belongs to the loop of its connection; a few hash computations per call.
 *
 * <p>A MIC is checked where the client says that it sent one. It says so inside of what NTProofStr covers, so that nobody in between can
 * take that word away; the Linux kernel's client sends none, which is why one is not demanded of everybody.
 */
public final class Authentication {
    /** Bytes of an NTLM session key. */
    private static final int KEY = 16;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final UserStore users;
    private final boolean anonymousWelcome;
    private final String computer;
    private final InstantSource clock;

    private Step step = Step.START;
    private boolean bare;
    private byte[] mechanismList = {};
    private boolean micDemanded;
    private byte[] negotiate = {};
    private byte[] challengeMessage = {};
    private byte[] challenge = {};
    private int flags;
    private @Nullable NtlmSecurity security;

    private enum Step {
        START,
        MECHANISM_CHOSEN,
        CHALLENGED,
        OVER
    }

    /** What became of a token. */
    public sealed interface Result {}

    /** One more round: the token is for the client. */
    public record More(Blob token) implements Result {}

    /**
     * The client is who it says.
     *
     * @param user empty for nobody
     */
    public record Success(String user, Blob sessionKey, Blob token) implements Result {}

    /**
     * The client is not, or does not speak NTLMv2.
     *
     * @param user as the client named itself, perhaps empty; for the log and the delay
     * @param guess whether a password may have been guessed at: whoever comes as nobody guesses at none
     */
    public record Failure(String user, String reason, boolean guess) implements Result {}

    /** At the start; nobody is not taken. */
    public Authentication(UserStore users, String computer, InstantSource clock) {
        this(users, false, computer, clock);
    }

    /**
     * At the start.
     *
     * @param anonymousWelcome whether somebody without a name is taken: a session that is there already may become nobody's
     * @param computer the name that the server gives itself
     */
    public Authentication(UserStore users, boolean anonymousWelcome, String computer, InstantSource clock) {
        this.users = users;
        this.anonymousWelcome = anonymousWelcome;
        this.computer = computer;
        this.clock = clock;
    }

    /** The token that a NEGOTIATE response carries. */
    public static byte[] offer() {
        return Spnego.offer();
    }

    /** Takes the client's next token. */
    public Result accept(byte[] token) throws MalformedMessage {
        if (step == Step.START && NtlmMessages.isBare(token)) {
            bare = true;
            return challenge(token, Spnego.ACCEPT_INCOMPLETE);
        }
        if (bare) {
            return step == Step.CHALLENGED ? authenticate(token, null) : failure("", "token out of turn");
        }
        return switch (Spnego.decode(token)) {
            case Spnego.Init init when step == Step.START -> begin(init);
            case Spnego.Response response
            when step == Step.MECHANISM_CHOSEN && response.token() != null ->
                challenge(response.token(), Spnego.ACCEPT_INCOMPLETE);
            case Spnego.Response response
            when step == Step.CHALLENGED && response.token() != null -> authenticate(response.token(), response.mic());
            default -> failure("", "token out of turn");
        };
    }

    /** After success: what signs and seals with these keys. Nothing where the client is too old for that. */
    public @Nullable NtlmSecurity security() {
        return security;
    }

    private Result begin(Spnego.Init init) throws MalformedMessage {
        int ntlm = init.ntlm();
        if (ntlm < 0) {
            return failure("", "the client does not offer NTLM");
        }
        mechanismList = init.mechanismList();
        if (ntlm == 0 && init.token() != null) {
            return challenge(init.token(), Spnego.ACCEPT_INCOMPLETE);
        }
        // Another mechanism was the favourite: the list must then be confirmed by a MIC. RFC 4178 5.
        micDemanded = ntlm > 0;
        step = Step.MECHANISM_CHOSEN;
        return more(Spnego.respond(micDemanded ? Spnego.REQUEST_MIC : Spnego.ACCEPT_INCOMPLETE, true, null, null));
    }

    private Result challenge(byte[] message, int state) throws MalformedMessage {
        int asked = NtlmMessages.negotiateFlags(message);
        int offered = NtlmMessages.UNICODE
                | NtlmMessages.REQUEST_TARGET
                | NtlmMessages.SIGN
                | NtlmMessages.SEAL
                | NtlmMessages.NTLM
                | NtlmMessages.ALWAYS_SIGN
                | NtlmMessages.EXTENDED_SESSION_SECURITY
                | NtlmMessages.VERSION
                | NtlmMessages.KEY_128
                | NtlmMessages.KEY_EXCHANGE
                | NtlmMessages.KEY_56;
        flags = (asked & offered)
                | NtlmMessages.UNICODE
                | NtlmMessages.NTLM
                | NtlmMessages.TARGET_TYPE_SERVER
                | NtlmMessages.TARGET_INFO;
        negotiate = message.clone();
        challenge = new byte[NtlmMessages.CHALLENGE_SIZE];
        RANDOM.nextBytes(challenge);
        challengeMessage = NtlmMessages.challenge(flags, challenge, computer, FileTime.of(clock.instant()));
        step = Step.CHALLENGED;
        return more(bare ? challengeMessage : Spnego.respond(state, true, challengeMessage, null));
    }

    private Result authenticate(byte[] message, byte @Nullable [] clientMic) throws MalformedMessage {
        step = Step.OVER;
        var authenticate = NtlmMessages.Authenticate.decode(message);
        String user = authenticate.user();
        if (user.isEmpty() || (authenticate.flags() & NtlmMessages.ANONYMOUS) != 0) {
            boolean nobody = user.isEmpty() && authenticate.ntResponse().length() == 0;
            if (anonymousWelcome && nobody) {
                return proved(authenticate, message, "", new byte[KEY], clientMic);
            }
            step = Step.OVER;
            return new Failure(user, "anonymous", false);
        }
        if (!authenticate.isNtlmV2()) {
            return failure(user, "not NTLMv2");
        }
        byte[] ntHash = users.ntHash(user);
        // An unknown user costs as much time as a wrong password.
        byte[] responseKey =
                NtlmCrypto.responseKey(ntHash == null ? new byte[16] : ntHash, user, authenticate.domain());
        byte[] proof = NtlmCrypto.hmacMd5(responseKey, challenge, authenticate.proved());
        if (!MessageDigest.isEqual(proof, authenticate.proof()) || ntHash == null) {
            return failure(user, ntHash == null ? "no such user" : "wrong password");
        }
        byte[] base = NtlmCrypto.hmacMd5(responseKey, proof);
        return proved(authenticate, message, users.canonical(user), base, clientMic);
    }

    /** The client is who it says: what is left are the key that both now have and what that protects. */
    private Result proved(
            NtlmMessages.Authenticate authenticate,
            byte[] message,
            String user,
            byte[] base,
            byte @Nullable [] clientMic) {
        byte[] key = base;
        boolean exchange = (authenticate.flags() & NtlmMessages.KEY_EXCHANGE) != 0;
        if (exchange) {
            if (authenticate.encryptedKey().length() != KEY) {
                return failure(user, "session key of a wrong length");
            }
            key = NtlmCrypto.rc4(key, authenticate.encryptedKey().toArray());
        }
        if (authenticate.micPresent() && !micIsRight(message, key)) {
            return failure(user, "the messages were changed on their way");
        }
        flags &= authenticate.flags();
        return finish(user, key, exchange, clientMic);
    }

    private boolean micIsRight(byte[] message, byte[] key) {
        if (message.length < NtlmMessages.MIC_OFFSET + NtlmMessages.MIC_SIZE) {
            return false;
        }
        byte[] without = message.clone();
        Arrays.fill(without, NtlmMessages.MIC_OFFSET, NtlmMessages.MIC_OFFSET + NtlmMessages.MIC_SIZE, (byte) 0);
        byte[] sent =
                Arrays.copyOfRange(message, NtlmMessages.MIC_OFFSET, NtlmMessages.MIC_OFFSET + NtlmMessages.MIC_SIZE);
        return MessageDigest.isEqual(NtlmCrypto.hmacMd5(key, negotiate, challengeMessage, without), sent);
    }

    private Result finish(String user, byte[] key, boolean exchange, byte @Nullable [] clientMic) {
        if (bare) {
            return success(user, key, new byte[0], false);
        }
        if (clientMic == null) {
            return micDemanded
                    ? failure(user, "no MIC over the mechanisms")
                    : success(user, key, Spnego.respond(Spnego.ACCEPT_COMPLETED, false, null, null), false);
        }
        if (!MessageDigest.isEqual(NtlmCrypto.mic(key, mechanismList, false, exchange), clientMic)) {
            return failure(user, "wrong MIC over the mechanisms");
        }
        byte[] ours = NtlmCrypto.mic(key, mechanismList, true, exchange);
        return success(user, key, Spnego.respond(Spnego.ACCEPT_COMPLETED, false, null, ours), true);
    }

    private static Result more(byte[] token) {
        return new More(Blob.of(token));
    }

    private Result success(String user, byte[] key, byte[] token, boolean micsExchanged) {
        if ((flags & NtlmMessages.EXTENDED_SESSION_SECURITY) != 0) {
            security = new NtlmSecurity(key, flags, micsExchanged);
        }
        return new Success(user, Blob.of(key), Blob.of(token));
    }

    private Result failure(String user, String reason) {
        step = Step.OVER;
        return new Failure(user, reason, true);
    }
}
