package dev.penstock.smb.rpc;

import dev.penstock.smb.auth.Authentication;
import dev.penstock.smb.auth.NtlmSecurity;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The security that a client may ask for beside its session's: NTLM, alone or by SPNEGO. [MS-RPCE] 3.3.1.5.2. Only the session's own user is
 * let in, and whoever is not learns nothing of whether his password was right. One open of a pipe.
 */
final class RpcSecurity {
    private static final int TYPE_SPNEGO = 9;
    private static final int TYPE_NTLM = 10;
    private static final int LEVEL_CONNECT = 2;
    private static final int LEVEL_PACKET = 4;
    private static final int LEVEL_PRIVACY = 6;

    private final Supplier<Authentication> authentications;
    private final User user;

    private State state = State.NONE;
    private int type;
    private int level;
    private int contextId;
    private boolean headerSigning;
    private @Nullable Authentication authentication;
    private @Nullable NtlmSecurity security;

    private enum State {
        NONE,
        UNDER_WAY,
        DONE,
        FAILED
    }

    RpcSecurity(Supplier<Authentication> authentications, User user) {
        this.authentications = authentications;
        this.user = user;
    }

    /** Takes the token of a bind or of what follows it; answers the one for the client, or null where that ends the matter. */
    byte @Nullable [] accept(RpcPdu pdu, RpcPdu.Trailer trailer) throws MalformedMessage {
        if (state == State.NONE) {
            type = trailer.authType();
            level = trailer.level();
            contextId = trailer.contextId();
            headerSigning = pdu.has(RpcPdu.SUPPORTS_HEADER_SIGNING);
            boolean known = (type == TYPE_SPNEGO || type == TYPE_NTLM)
                    && (level == LEVEL_CONNECT || level >= LEVEL_PACKET && level <= LEVEL_PRIVACY);
            state = known ? State.UNDER_WAY : State.FAILED;
            authentication = authentications.get();
        }
        if (state != State.UNDER_WAY || authentication == null || trailer.authType() != type) {
            state = State.FAILED;
            return null;
        }
        return switch (authentication.accept(pdu.value(trailer))) {
            case Authentication.More more -> more.token().toArray();
            case Authentication.Success success
            when success.user().equals(user.name()) -> {
                security = authentication.security();
                state = security == null && level > LEVEL_CONNECT ? State.FAILED : State.DONE;
                yield state == State.DONE ? success.token().toArray() : null;
            }
            default -> {
                state = State.FAILED;
                yield null;
            }
        };
    }

    /** Whether the header that a bind is answered with says that headers are signed. */
    int flags() {
        return headerSigning ? RpcPdu.SUPPORTS_HEADER_SIGNING : 0;
    }

    /** Opens and checks a request in place; false where calls are not to be taken yet, or never. */
    boolean open(RpcPdu pdu) throws MalformedMessage {
        RpcPdu.Trailer trailer = pdu.trailer();
        if (state == State.NONE) {
            WireReader.require(trailer == null, "RPC: security that was not agreed on");
            return true;
        }
        if (state != State.DONE) {
            return false;
        }
        if (level == LEVEL_CONNECT) {
            return true;
        }
        if (trailer == null || security == null || !isAgreed(trailer)) {
            throw new MalformedMessage("RPC: security that was not agreed on");
        }
        int end = trailer.value() - RpcPdu.TRAILER;
        ByteBuffer covered = pdu.bytes().slice(0, headerSigning ? trailer.value() : end);
        boolean right = security.unprotect(
                covered,
                headerSigning ? 0 : pdu.body(),
                pdu.body(),
                level == LEVEL_PRIVACY ? end - pdu.body() : 0,
                pdu.value(trailer));
        WireReader.require(right, "RPC: wrong signature");
        return true;
    }

    private boolean isAgreed(RpcPdu.Trailer trailer) {
        return trailer.authType() == type
                && trailer.level() == level
                && trailer.contextId() == contextId
                && trailer.length() == NtlmSecurity.SIGNATURE;
    }

    /** Bytes that protection adds to an answer. */
    int overhead() {
        return protects() ? RpcPdu.TRAILER + NtlmSecurity.SIGNATURE : 0;
    }

    boolean protects() {
        return state == State.DONE && level > LEVEL_CONNECT;
    }

    /** Writes the trailer in front of a token or signature. */
    void trailer(WireWriter out, int padding) {
        out.u8(type).u8(level).u8(padding).u8(0).i32(contextId);
    }

    /** Seals an answer, whole but for its signature, in place; answers the signature. */
    byte[] protect(ByteBuffer pdu, int body) {
        int end = pdu.limit() - RpcPdu.TRAILER;
        ByteBuffer covered = headerSigning ? pdu : pdu.slice(0, end);
        return Objects.requireNonNull(security)
                .protect(covered, headerSigning ? 0 : body, body, level == LEVEL_PRIVACY ? end - body : 0);
    }
}
