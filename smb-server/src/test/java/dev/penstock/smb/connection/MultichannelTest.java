package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.auth.NtlmClient;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Echo;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import dev.penstock.smb.wire.smb2.OplockBreak;
import dev.penstock.smb.wire.smb2.SessionSetup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several connections and one session, by the bytes of the wire. [MS-SMB2] 3.3.5.2.4, 3.3.5.5, 3.3.5.5.3. */
class MultichannelTest {
    private static final Guid CLIENT = new Guid(1, 1);
    private static final int GMAC = NegotiateContext.SIGN_AES_GMAC;
    private static final int CMAC = NegotiateContext.SIGN_AES_CMAC;
    private static final int HMAC = NegotiateContext.SIGN_HMAC_SHA256;

    private final UserStore users = UserStore.inMemory();
    private final ServerState server = Servers.withoutShares(users);

    @BeforeEach
    void addUsers() throws IOException {
        users.add("ada", "Lovelace");
        users.add("bob", "Builder");
    }

    @ParameterizedTest
    @ValueSource(ints = {CMAC, GMAC, HMAC})
    void aSecondConnectionIsBoundAndThenHasAKeyOfItsOwn(int algorithm) {
        Peer first = loggedOn(algorithm);
        var second = new Peer(server, CLIENT, algorithm);
        var ntlm = new NtlmClient(users, "ada");
        assertThat(second.startBinding(ntlm, first.session, first.signingKey))
                .isEqualTo(NtStatus.MORE_PROCESSING_REQUIRED);
        assertThat(second.lastIsSignedWith(first.signingKey)).isTrue();
        assertThat(second.endBinding(ntlm, SessionSetup.FLAG_BINDING, first.signingKey))
                .isEqualTo(NtStatus.SUCCESS);
        assertThat(second.lastIsSignedWith(second.signingKey)).isTrue();
        assertThat(second.tryOut(second.signingKey)).isEqualTo(Peer.WORKS);
        assertThat(second.lastIsSignedWith(second.signingKey)).isTrue();
        assertThat(second.tryOut(first.signingKey)).isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(first.tryOut(second.signingKey)).isEqualTo(NtStatus.ACCESS_DENIED);
        assertUnharmed(first);
    }

    @Test
    void aWrongSignatureBindsNothing() {
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        assertThat(second.bind(first, "ada", new byte[16])).isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(second.lastIsSigned()).isFalse();
        assertUnbound(second);
        assertThat(second.bind(first, "ada", null)).isEqualTo(NtStatus.INVALID_PARAMETER);
        assertUnbound(second);
        assertUnharmed(first);
    }

    @Test
    void anotherUserIsNotBoundAndTheRightOneIsAfterwards() {
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        assertThat(second.bind(first, "bob", first.signingKey)).isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(second.lastIsSignedWith(first.signingKey)).isTrue();
        assertUnbound(second);
        assertThat(second.bind(first, "nobody", first.signingKey)).isEqualTo(NtStatus.LOGON_FAILURE);
        assertUnbound(second);
        assertUnharmed(first);
        assertThat(second.bind(first, "ada", first.signingKey)).isEqualTo(NtStatus.SUCCESS);
        assertThat(second.tryOut(second.signingKey)).isEqualTo(Peer.WORKS);
        assertThat(second.bind(first, "ada", second.signingKey)).isEqualTo(NtStatus.REQUEST_NOT_ACCEPTED);
        assertUnharmed(first);
    }

    @Test
    void anotherClientOrAlgorithmIsNotBound() {
        Peer first = loggedOn(CMAC);
        var stranger = new Peer(server, new Guid(2, 2), CMAC);
        assertThat(stranger.bind(first, "ada", first.signingKey)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        assertUnbound(stranger);
        var faster = new Peer(server, CLIENT, GMAC);
        assertThat(faster.bind(first, "ada", first.signingKey)).isEqualTo(NtStatus.NOT_SUPPORTED);
        assertUnbound(faster);
        assertUnharmed(first);
    }

    @Test
    void theSecondMessageProvesTheKeyToo() {
        Peer first = loggedOn(CMAC);
        for (int flags : new int[] {0, SessionSetup.FLAG_BINDING}) {
            var second = new Peer(server, CLIENT, CMAC);
            var ntlm = new NtlmClient(users, "ada");
            second.startBinding(ntlm, first.session, first.signingKey);
            assertThat(second.endBinding(ntlm, flags, null))
                    .isEqualTo(flags == 0 ? NtStatus.USER_SESSION_DELETED : NtStatus.INVALID_PARAMETER);
            assertThat(second.lastIsSigned()).isFalse();
            assertUnbound(second);
        }
        assertUnharmed(first);
    }

    @Test
    void aRecordedBindingIsOfNoUse() {
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        var ntlm = new NtlmClient(users, "ada");
        second.startBinding(ntlm, first.session, first.signingKey);
        byte[] start = second.lastRequest();
        second.endBinding(ntlm, SessionSetup.FLAG_BINDING, first.signingKey);
        byte[] end = second.lastRequest();
        var thief = new Peer(server, CLIENT, CMAC);
        assertThat(thief.sendAgain(start)).isEqualTo(NtStatus.MORE_PROCESSING_REQUIRED);
        thief.sendAgain(end);
        assertThat(thief.later()).isEqualTo(NtStatus.LOGON_FAILURE);
        assertUnbound(thief);
        assertUnharmed(first);
        assertThat(second.tryOut(second.signingKey)).isEqualTo(Peer.WORKS);
    }

    @Test
    void aConnectionThatIsBeingBoundSignsNothingElse() {
        Peer first = loggedOn(GMAC);
        var second = new Peer(server, CLIENT, GMAC);
        second.startBinding(new NtlmClient(users, "ada"), first.session, first.signingKey);
        assertThat(second.send(new Logoff.Request(), null)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        assertThat(second.lastIsSigned()).isFalse();
        assertThat(second.tryOut(first.signingKey)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        assertThat(second.lastIsSigned()).isFalse();
        assertUnharmed(first);
    }

    @Test
    void aRecordedRequestGetsNoSecondSignatureUnderTheSameNonce() {
        Peer first = loggedOn(GMAC);
        first.tryOut(first.signingKey);
        byte[] recorded = first.lastRequest();
        var thief = new Peer(server, CLIENT, GMAC);
        thief.send(new Echo.Request(), null);
        thief.send(new Echo.Request(), null);
        assertThat(thief.sendAgain(recorded)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        assertThat(thief.lastIsSigned()).isFalse();
        assertUnharmed(first);
    }

    /** Clients want the flag before they look at the status, and take USER_SESSION_DELETED without a signature. */
    @Test
    void aRefusalThatMustNotBeSignedSaysThatItIsAllTheSame() {
        Peer first = loggedOn(GMAC);
        var stranger = new Peer(server, CLIENT, GMAC);
        stranger.session = first.session;
        assertThat(stranger.tryOut(first.signingKey)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        assertThat(stranger.lastSaysSigned()).isTrue();
        assertThat(stranger.lastIsSigned()).isFalse();
        assertThat(stranger.tryOut(null)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        assertThat(stranger.lastSaysSigned()).isFalse();
    }

    /** Its MessageId is that of the first connection's own last answer, which was signed under the same key. */
    @Test
    void aBindingThatFailsAtItsEndIsNotToldUnderANonceThatWasUsed() {
        Peer first = loggedOn(GMAC);
        var second = new Peer(server, CLIENT, GMAC);
        assertThat(second.bind(first, "nobody", first.signingKey)).isEqualTo(NtStatus.LOGON_FAILURE);
        assertThat(second.lastIsSigned()).isFalse();
        assertUnbound(second);
        assertUnharmed(first);
    }

    @Test
    void aSessionMayBecomeNobodysAndItsUsersAgain() {
        Peer peer = loggedOn(CMAC);
        assertThat(peer.authenticateAgain("", peer.signingKey)).isEqualTo(NtStatus.SUCCESS);
        assertThat(peer.lastIsSignedWith(peer.signingKey)).isTrue();
        Session session = server.sessions().find(peer.session);
        assertThat(session.secured().user().isAnonymous()).isTrue();
        assertThat(peer.authenticateAgain("ada", peer.signingKey)).isEqualTo(NtStatus.SUCCESS);
        assertThat(session.secured().user().name()).isEqualTo("ada");
        assertUnharmed(peer);
    }

    @Test
    void nobodyGetsNoSessionOfTheirOwnAndBindsNone() {
        assertThat(new Peer(server, CLIENT, CMAC).logOn("")).isNotEqualTo(NtStatus.SUCCESS);
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        assertThat(second.bind(first, "", first.signingKey)).isEqualTo(NtStatus.LOGON_FAILURE);
        assertUnbound(second);
        assertUnharmed(first);
    }

    @Test
    void whatAChannelDoesNotDeliverIsToldAgainAndTheChannelClosed() {
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        second.bind(first, "ada", first.signingKey);
        var lost = new ArrayList<String>();
        tell(first, lost);
        first.link.silent = true;
        first.later();
        assertThat(first.link.closed).isTrue();
        assertThat(lost).containsExactly("lost");
        assertThat(second.tryOut(second.signingKey)).isEqualTo(Peer.WORKS);
    }

    @Test
    void whatWasDeliveredIsNotToldAgainWhateverBecomesOfTheChannel() {
        Peer first = loggedOn(CMAC);
        new Peer(server, CLIENT, CMAC).bind(first, "ada", first.signingKey);
        var lost = new ArrayList<String>();
        tell(first, lost);
        first.later();
        assertThat(first.link.closed).isFalse();
        first.connection.closed();
        assertThat(lost).isEmpty();
    }

    /** A laptop that sleeps for a moment keeps its only connection. */
    @Test
    void theLastChannelIsGivenMoreTime() {
        Peer only = loggedOn(CMAC);
        tell(only, new ArrayList<>());
        only.link.silent = true;
        for (int seconds = 2; seconds < 30; seconds += 2) {
            only.later();
            assertThat(only.link.closed).as("after %s s", seconds).isFalse();
        }
        only.later();
        assertThat(only.link.closed).isTrue();
    }

    private static void tell(Peer peer, List<String> lost) {
        var body = new OplockBreak.Response(0, FileId.PREVIOUS);
        boolean told = peer.connection.state().notifier().notify(body, null, () -> lost.add("lost"));
        assertThat(told).isTrue();
    }

    @Test
    void whatLosesOneConnectionGoesOnWithTheOther() {
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        second.bind(first, "ada", first.signingKey);
        var third = new Peer(server, CLIENT, CMAC);
        third.startBinding(new NtlmClient(users, "ada"), first.session, first.signingKey);
        third.connection.closed();
        first.connection.closed();
        assertThat(second.tryOut(second.signingKey)).isEqualTo(Peer.WORKS);
        second.connection.closed();
        assertThat(server.sessions().size()).isZero();
    }

    @Test
    void aLogoffEndsTheSessionOnAllConnections() {
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        second.bind(first, "ada", first.signingKey);
        assertThat(second.send(new Logoff.Request(), second.signingKey)).isEqualTo(NtStatus.SUCCESS);
        assertThat(first.tryOut(first.signingKey)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        var third = new Peer(server, CLIENT, CMAC);
        assertThat(third.bind(first, "ada", first.signingKey)).isEqualTo(NtStatus.USER_SESSION_DELETED);
    }

    @Test
    void aSessionThatSignsIsNotAuthenticatedAgainWithoutASignature() {
        Peer first = loggedOn(CMAC);
        var token = Blob.of(new NtlmClient(users, "ada").negotiate());
        assertThat(first.send(new SessionSetup.Request(0, 1, 0, 0, token), null))
                .isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(first.send(new SessionSetup.Request(0, 1, 0, 0, token), first.signingKey))
                .isEqualTo(NtStatus.MORE_PROCESSING_REQUIRED);
    }

    @Test
    void leasesAreToldOfOnlyWhereAUserHasLoggedOn() {
        var stranger = new Peer(server, CLIENT, CMAC);
        assertThat(server.clients().first(CLIENT)).isNull();
        Peer first = loggedOn(CMAC);
        var second = new Peer(server, CLIENT, CMAC);
        assertThat(second.bind(first, "bob", first.signingKey)).isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(server.clients().first(CLIENT))
                .isSameAs(first.connection.state().notifier());
        first.connection.closed();
        assertThat(server.clients().first(CLIENT)).isNull();
        stranger.connection.closed();
    }

    @Test
    void thereIsALimitOfConnections() {
        Peer first = loggedOn(CMAC);
        for (int i = 1; i < Session.MAX_LINES; i++) {
            assertThat(new Peer(server, CLIENT, CMAC).bind(first, "ada", first.signingKey))
                    .isEqualTo(NtStatus.SUCCESS);
        }
        var oneTooMany = new Peer(server, CLIENT, CMAC);
        assertThat(oneTooMany.bind(first, "ada", first.signingKey)).isEqualTo(NtStatus.INSUFFICIENT_RESOURCES);
        assertUnbound(oneTooMany);
        assertUnharmed(first);
    }

    private Peer loggedOn(int algorithm) {
        var peer = new Peer(server, CLIENT, algorithm);
        assertThat(peer.logOn("ada")).isEqualTo(NtStatus.SUCCESS);
        assertUnharmed(peer);
        return peer;
    }

    private static void assertUnharmed(Peer peer) {
        assertThat(peer.tryOut(peer.signingKey)).isEqualTo(Peer.WORKS);
        assertThat(peer.lastIsSignedWith(peer.signingKey)).isTrue();
    }

    private static void assertUnbound(Peer peer) {
        assertThat(peer.connection.state().sessions()).isEmpty();
        assertThat(peer.tryOut(null)).isEqualTo(NtStatus.USER_SESSION_DELETED);
    }
}
