package dev.penstock.smb.handler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.User;
import dev.penstock.smb.crypto.SessionKeys;
import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.state.ConnectionState.Agreement;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A connection that does not show what it has to show is not bound, and the session does not notice: CVE-2026-31476. */
class BindingTest {
    private static final Guid CLIENT = new Guid(1, 1);
    private static final int GMAC = NegotiateContext.SIGN_AES_GMAC;

    private final Sessions sessions = new Sessions();
    private final Session session = sessions.create();

    @Test
    void whoHasShownTheKeyMayGoOn() {
        secure();
        assertThat(refusal(CLIENT, Negotiate.SMB_311, GMAC, Header.SIGNED, Signature.GOOD))
                .isNull();
    }

    @Test
    void anUnsignedRequestIsRefused() {
        secure();
        assertThat(refusal(CLIENT, Negotiate.SMB_311, GMAC, 0, Signature.ABSENT))
                .isEqualTo(NtStatus.INVALID_PARAMETER);
    }

    @Test
    void aWrongSignatureIsRefusedAndTheSessionStays() {
        secure();
        assertThat(refusal(CLIENT, Negotiate.SMB_311, GMAC, Header.SIGNED, Signature.BAD))
                .isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(session.isValid()).isTrue();
        assertThat(sessions.find(session.id())).isSameAs(session);
        assertThat(session.lines()).isEmpty();
    }

    @Test
    void anotherClientDialectOrAlgorithmIsRefused() {
        secure();
        assertThat(refusal(new Guid(2, 2), Negotiate.SMB_311, GMAC, Header.SIGNED, Signature.GOOD))
                .isEqualTo(NtStatus.USER_SESSION_DELETED);
        assertThat(refusal(CLIENT, Negotiate.SMB_302, GMAC, Header.SIGNED, Signature.GOOD))
                .isEqualTo(NtStatus.INVALID_PARAMETER);
        int cmac = NegotiateContext.SIGN_AES_CMAC;
        assertThat(refusal(CLIENT, Negotiate.SMB_311, cmac, Header.SIGNED, Signature.GOOD))
                .isEqualTo(NtStatus.REQUEST_OUT_OF_SEQUENCE);
    }

    @Test
    void anotherCipherIsRefusedBeforeAnythingElseIsTold() {
        secure();
        var agreement = new Agreement(
                Negotiate.SMB_311,
                new Guid(2, 2),
                0,
                0,
                List.of(Negotiate.SMB_311),
                0,
                0,
                NegotiateContext.AES_128_GCM,
                GMAC);
        assertThat(refusal(agreement, Header.SIGNED, Signature.BAD)).isEqualTo(NtStatus.INVALID_PARAMETER);
    }

    @Test
    void aSessionInTheMakingOrEndedIsNotJoined() {
        assertThat(refusal(CLIENT, Negotiate.SMB_311, GMAC, Header.SIGNED, Signature.GOOD))
                .isEqualTo(NtStatus.REQUEST_NOT_ACCEPTED);
        secure();
        session.end();
        assertThat(refusal(CLIENT, Negotiate.SMB_311, GMAC, Header.SIGNED, Signature.GOOD))
                .isEqualTo(NtStatus.USER_SESSION_DELETED);
    }

    private void secure() {
        var keys = SessionKeys.derive(new byte[16], Negotiate.SMB_311, 0, new byte[64]);
        var terms = new Session.Terms(Negotiate.SMB_311, CLIENT, 0, GMAC);
        session.secure(new Session.Secured(new User("ada"), keys, terms, false, true));
    }

    private NtStatus refusal(Guid client, int dialect, int signing, int flags, Signature signature) {
        return refusal(new Agreement(dialect, client, 0, 0, List.of(dialect), 0, 0, 0, signing), flags, signature);
    }

    private NtStatus refusal(Agreement agreement, int flags, Signature signature) {
        var header = new Header(0, 0, Command.SESSION_SETUP.code(), 1, flags, 0, 1, 0, 0, session.id());
        var incoming = new Exchange.Incoming(
                header,
                Command.SESSION_SETUP,
                null,
                session.id(),
                0,
                null,
                signature,
                false,
                null,
                ByteBuffer.allocate(0),
                false,
                0);
        return Binding.refusal(new Exchange(incoming, new NoSink()), agreement, sessions);
    }

    private static final class NoSink implements Exchange.Sink {
        @Override
        public void finished(Exchange exchange, Outcome.Final outcome) {
            // Nobody asks.
        }

        @Override
        public void pending(Exchange exchange, Deferred deferred) {
            // Nobody asks.
        }

        @Override
        public void disconnect(Exchange exchange, String reason) {
            // Nobody asks.
        }
    }
}
