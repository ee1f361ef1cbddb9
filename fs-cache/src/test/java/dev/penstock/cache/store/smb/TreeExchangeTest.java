package dev.penstock.cache.store.smb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hierynomus.mserref.NtStatus;
import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2MessageCommandCode;
import com.hierynomus.mssmb2.SMB2Packet;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.mssmb2.messages.SMB2Echo;
import com.hierynomus.smbj.common.SMBRuntimeException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class TreeExchangeTest {
    private final ScriptedServer server = new ScriptedServer();
    private final TreeExchange exchange = server.exchange(SMB2Dialect.SMB_3_1_1);

    private SMB2Echo done() throws IOException {
        return exchange.done("a/file", new SMB2Echo(SMB2Dialect.SMB_3_1_1), SMB2Echo.class);
    }

    @Test
    void anAnswerIsHandedOnAsItCame() throws Exception {
        var echo = new SMB2Echo();
        server.answers(echo);

        assertThat(done()).isSameAs(echo);
    }

    @Test
    void refusalsBecomeWhatCallersOfFilesKnowAndNameThePath() {
        server.answers(new SMB2Echo(), NtStatus.STATUS_END_OF_FILE);
        assertThatThrownBy(this::done).isInstanceOf(EOFException.class).hasMessageContaining("a/file");

        server.answers(new SMB2Echo(), NtStatus.STATUS_INSUFFICIENT_RESOURCES);
        assertThatThrownBy(this::done).isInstanceOf(ServerBusyException.class).hasMessageContaining("a/file");

        server.answers(new SMB2Echo(), NtStatus.STATUS_ACCESS_DENIED);
        assertThatThrownBy(this::done)
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("a/file: STATUS_ACCESS_DENIED");
    }

    @Test
    void whoeverAsksForTheAnswerOnlyGetsARefusalToo() throws Exception {
        server.answers(new SMB2Echo(), NtStatus.STATUS_ACCESS_DENIED);

        var answer = exchange.answer("a/file", new SMB2Echo(SMB2Dialect.SMB_3_1_1), SMB2Echo.class);

        assertThat(answer.getHeader().getStatusCode()).isEqualTo(NtStatus.STATUS_ACCESS_DENIED.getValue());
    }

    @Test
    void aConnectionThatIsLostWhileARequestWaitsIsAnInputError() {
        server.answer = CompletableFuture.failedFuture(new IllegalStateException("cable"));

        assertThatThrownBy(this::done)
                .isExactlyInstanceOf(IOException.class)
                .hasMessageStartingWith("a/file: ")
                .hasMessageContaining("cable");
    }

    @Test
    void aServerThatSaysNothingIsGivenUpOn() {
        server.answer = new CompletableFuture<>() {
            @Override
            public SMB2Packet get(long time, TimeUnit unit) throws TimeoutException {
                throw new TimeoutException(unit.toSeconds(time) + " seconds are over");
            }
        };

        assertThatThrownBy(this::done)
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("a/file: no answer in 60 seconds")
                .hasRootCauseMessage("60 seconds are over");
    }

    @Test
    void anInterruptedCallerStaysInterrupted() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(this::done).isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aControlCodeThatIsRefusedAnswersNothing() throws Exception {
        server.answers(ScriptedServer.output(5));
        assertThat(exchange.control(0x9E57_2000L, ScriptedServer.FILE, 24)).containsExactly(5);

        server.answers(ScriptedServer.output(5), NtStatus.STATUS_NOT_SUPPORTED);
        assertThat(exchange.control(0x9E57_2000L, ScriptedServer.FILE, 24)).isNull();
    }

    @Test
    void aNameThatIsNotThereIsToldFromOtherFailures() {
        var missing = new SMBApiException(
                NtStatus.STATUS_OBJECT_NAME_NOT_FOUND.getValue(), SMB2MessageCommandCode.SMB2_CREATE, "create", null);
        assertThat(TreeExchange.failure("a/file", missing)).isInstanceOf(NoSuchFileException.class);

        assertThat(TreeExchange.failure("a/file", new SMBRuntimeException("broken")))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("a/file: broken");
    }
}
