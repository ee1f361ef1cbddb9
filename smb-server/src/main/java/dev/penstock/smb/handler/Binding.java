package dev.penstock.smb.handler;

import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.ConnectionState.Agreement;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import org.jspecify.annotations.Nullable;

/** What a connection has to show before it is bound to a session that is there already. [MS-SMB2] 3.3.5.5, 3.3.5.5.2. Pure. */
final class Binding {
    private Binding() {}

    /** Why this connection is not bound, or null. Looks only: a session does not notice who failed. */
    static @Nullable NtStatus refusal(Exchange exchange, Agreement agreement, Sessions sessions) {
        Exchange.Incoming incoming = exchange.incoming;
        Channel channel = exchange.channel;
        if (channel != null && (channel.keys() != null || !channel.binding())) {
            return NtStatus.REQUEST_NOT_ACCEPTED; // it is on this connection
        }
        Session session = sessions.find(incoming.sessionId());
        Session.Secured secured = session == null ? null : session.secured();
        if (session == null || session.ended() || (channel != null && channel.session() != session)) {
            return NtStatus.USER_SESSION_DELETED;
        }
        if (secured == null) {
            return NtStatus.REQUEST_NOT_ACCEPTED;
        }
        Session.Terms terms = secured.terms();
        boolean had = terms.signingAlgorithm() == NegotiateContext.SIGN_AES_GMAC;
        boolean has = agreement.signingAlgorithm() == NegotiateContext.SIGN_AES_GMAC;
        if (had != has) {
            return has ? NtStatus.NOT_SUPPORTED : NtStatus.REQUEST_OUT_OF_SEQUENCE; // as Windows tells them apart
        }
        if (terms.dialect() != agreement.dialect()) {
            return NtStatus.INVALID_PARAMETER;
        }
        if (terms.cipher() != agreement.cipher() || !incoming.header().has(Header.SIGNED)) {
            return NtStatus.INVALID_PARAMETER;
        }
        if (!terms.client().equals(agreement.clientGuid())) {
            return NtStatus.USER_SESSION_DELETED;
        }
        if (incoming.signature() != Signature.GOOD) {
            return NtStatus.ACCESS_DENIED;
        }
        // Looked at once more at the end; but a client that is told so now is told in an answer that may be signed.
        return session.lines().size() < Session.MAX_LINES ? null : NtStatus.INSUFFICIENT_RESOURCES;
    }
}
