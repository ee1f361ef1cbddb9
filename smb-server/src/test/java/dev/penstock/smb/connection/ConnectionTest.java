package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Echo;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import dev.penstock.smb.wire.smb2.SessionSetup;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.Smb2Response;
import dev.penstock.smb.wire.smb2.TransformHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a connection does before anybody has logged on. */
class ConnectionTest {
    private final RecordingLink link = new RecordingLink();
    private final ServerState server = Servers.withoutShares(UserStore.inMemory());
    private final Connection connection = new Connection(server, link, () -> {});

    @Test
    void theBestDialectIsChosenAndEachQuestionAnsweredOnce() throws MalformedMessage {
        Negotiate.Response response = negotiate();
        assertThat(response.dialect()).isEqualTo(Negotiate.SMB_311);
        assertThat(response.securityMode()).isEqualTo(Negotiate.SIGNING_ENABLED | Negotiate.SIGNING_REQUIRED);
        assertThat(response.contexts()).hasSize(3);
        assertThat(response.contexts().get(1))
                .isEqualTo(new NegotiateContext.Encryption(List.of(NegotiateContext.AES_128_GCM)));
        assertThat(response.contexts().get(2))
                .isEqualTo(new NegotiateContext.Signing(List.of(NegotiateContext.SIGN_AES_GMAC)));
    }

    @Test
    void dialectsOfVersionTwoAreRefused() throws MalformedMessage {
        receive(
                header(Command.NEGOTIATE, 0, 0),
                new Negotiate.Request(1, 0, Guid.ZERO, List.of(0x202, 0x210), List.of()));
        assertThat(status(0)).isEqualTo(NtStatus.NOT_SUPPORTED);
        assertThat(link.closed).isFalse();
    }

    @Test
    void preauthenticationIntegrityIsNotOptional() throws MalformedMessage {
        receive(
                header(Command.NEGOTIATE, 0, 0),
                new Negotiate.Request(1, 0, Guid.ZERO, List.of(Negotiate.SMB_311), List.of()));
        assertThat(status(0)).isEqualTo(NtStatus.INVALID_PARAMETER);
    }

    @Test
    void anOpenerOfVersionOneIsToldToGoOnInVersionTwo() throws MalformedMessage {
        var opener = new WireWriter();
        opener.i32(Smb1Opener.PROTOCOL_ID)
                .u8(0x72)
                .zeros(27)
                .zeros(3)
                .u8(2)
                .latin1("NT LM 0.12\0")
                .u8(2);
        opener.latin1("SMB 2.???\0");
        connection.received(opener.buffer());
        assertThat(link.sent.getFirst().getShort(Header.SIZE + 4)).isEqualTo((short) Negotiate.SMB2_WILDCARD);
        receive(header(Command.NEGOTIATE, 1, 0), question());
        assertThat(status(1)).isEqualTo(NtStatus.SUCCESS);
    }

    @Test
    void anythingElseOfVersionOneEndsTheConnection() {
        var message = new WireWriter();
        message.i32(Smb1Opener.PROTOCOL_ID).u8(0x73).zeros(60);
        connection.received(message.buffer());
        assertThat(link.closed).isTrue();
        assertThat(server.counters().snapshot().malformed()).isEqualTo(1);
    }

    @Test
    void aSecondNegotiateEndsTheConnection() throws MalformedMessage {
        negotiate();
        receive(header(Command.NEGOTIATE, 1, 0), question());
        assertThat(link.closed).isTrue();
    }

    @Test
    void aRequestBeforeNegotiateEndsTheConnection() {
        receive(header(Command.ECHO, 0, 0), new Echo.Request());
        assertThat(link.closed).isTrue();
    }

    @Test
    void anIdThatWasNotGrantedEndsTheConnection() throws MalformedMessage {
        negotiate();
        receive(header(Command.ECHO, 5000, 0), new Echo.Request());
        assertThat(link.closed).isTrue();
    }

    @Test
    void withoutASessionOnlyAnEchoIsAnswered() throws MalformedMessage {
        negotiate();
        receive(header(Command.ECHO, 1, 0), new Echo.Request());
        assertThat(status(1)).isEqualTo(NtStatus.SUCCESS);
        receive(header(Command.LOGOFF, 2, 0), new Logoff.Request());
        assertThat(status(2)).isEqualTo(NtStatus.USER_SESSION_DELETED);
        receive(header(Command.CREATE, 3, 0), new Create.Request(0, 2, 1, 0, 7, 1, 0, "x", List.of()));
        assertThat(status(3)).isEqualTo(NtStatus.USER_SESSION_DELETED);
    }

    @Test
    void whatIsRelatedToNothingIsRefused() throws MalformedMessage {
        negotiate();
        receive(header(Command.ECHO, 1, Header.RELATED), new Echo.Request());
        assertThat(status(1)).isEqualTo(NtStatus.INVALID_PARAMETER);
    }

    @Test
    void bindingToASessionThatIsNotThereIsRefused() throws MalformedMessage {
        negotiate();
        receive(
                header(Command.SESSION_SETUP, 1, 0),
                new SessionSetup.Request(SessionSetup.FLAG_BINDING, 1, 0, 0, Blob.EMPTY));
        assertThat(status(1)).isEqualTo(NtStatus.USER_SESSION_DELETED);
    }

    @Test
    void aTokenThatIsNoneIsRefusedLater() throws MalformedMessage {
        negotiate();
        var token = Blob.of("nonsense".getBytes(StandardCharsets.US_ASCII));
        receive(header(Command.SESSION_SETUP, 1, 0), new SessionSetup.Request(0, 1, 0, 0, token));
        assertThat(link.sent).hasSize(1);
        link.scheduled.getFirst().run();
        assertThat(status(1)).isEqualTo(NtStatus.INVALID_PARAMETER);
        assertThat(server.sessions().size()).isZero();
    }

    @Test
    void anUnalignedCompoundEndsTheConnection() throws MalformedMessage {
        negotiate();
        var out = new WireWriter();
        header(Command.ECHO, 1, 0).encode(out);
        new Echo.Request().encode(out);
        out.zeros(100);
        out.patch32(Header.NEXT_COMMAND, 68);
        connection.received(out.buffer());
        assertThat(link.closed).isTrue();
    }

    @Test
    void encryptionForNoSessionEndsTheConnection() throws MalformedMessage {
        negotiate();
        var out = new WireWriter();
        new TransformHeader(100, 1, 7).encode(out, new byte[12]);
        out.zeros(100);
        connection.received(out.buffer());
        assertThat(link.closed).isTrue();
    }

    private Negotiate.Response negotiate() throws MalformedMessage {
        receive(header(Command.NEGOTIATE, 0, 0), question());
        return (Negotiate.Response) Smb2Response.decode(Command.NEGOTIATE, new WireReader(link.sent.getLast()));
    }

    private static Negotiate.Request question() {
        return new Negotiate.Request(
                1,
                0x7f,
                Guid.ZERO,
                List.of(0x202, Negotiate.SMB_302, Negotiate.SMB_311),
                List.of(
                        new NegotiateContext.Preauth(List.of(1), Blob.of(new byte[32])),
                        new NegotiateContext.Encryption(List.of(4, 3, 2, 1)),
                        new NegotiateContext.Signing(List.of(2, 1))));
    }

    private static Header header(Command command, long messageId, int flags) {
        return new Header(1, 0, command.code(), 10, flags, 0, messageId, 0, 0, 0);
    }

    private void receive(Header header, Smb2Request request) {
        var out = new WireWriter();
        header.encode(out);
        request.encode(out);
        connection.received(ByteBuffer.wrap(out.toArray()));
    }

    private NtStatus status(int index) throws MalformedMessage {
        return NtStatus.of(Header.decode(new WireReader(link.sent.get(index))).status());
    }
}
