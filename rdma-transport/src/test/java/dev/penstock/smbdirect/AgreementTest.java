package dev.penstock.smbdirect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AgreementTest {
    private static final int FRAGMENTED = 200_000;
    private static final long MOST = 0xFFFF_FFFFL;

    private static final SmbDirectConfig CONFIG = new SmbDirectConfig(
            8, 512, 131_072, 1 << 20, 2, Duration.ofSeconds(5), Duration.ofSeconds(120), Duration.ofSeconds(5));

    private static Agreement answer(int credits, long send, long receive, long fragmented)
            throws MalformedPduException {
        return Agreement.answering(
                new NegotiateRequest(0x100, 0x100, credits, send, receive, fragmented), CONFIG, FRAGMENTED);
    }

    private static Agreement accept(long status, long readWrite, long send, long receive) throws MalformedPduException {
        return Agreement.accepting(
                new NegotiateResponse(0x100, 10, 20, status, readWrite, send, receive, 131_072), CONFIG, FRAGMENTED);
    }

    @Test
    void aServerSendsNoMoreThanTheClientTakesAndTakesNoMoreThanItHasRoomFor() throws Exception {
        assertThat(answer(7, 300, 400, 131_072))
                .isEqualTo(new Agreement(new SmbDirectParameters(400, 300, 131_072, FRAGMENTED, 1 << 20), 7, 0));
        assertThat(answer(7, MOST, MOST, MOST).parameters())
                .isEqualTo(new SmbDirectParameters(512, 512, Integer.MAX_VALUE, FRAGMENTED, 1 << 20));
    }

    @Test
    void roomForTheShortestMessageThereIsIsAlwaysMade() throws Exception {
        assertThat(answer(7, 0, 128, 131_072).parameters().maxReceive()).isEqualTo(128);
        assertThat(accept(0, 1, 0, 128).parameters().maxReceive()).isEqualTo(128);
    }

    @Test
    void aClientKeepsToTheServersLimitsAndItsOwn() throws Exception {
        assertThat(accept(0, 4096, 300, 400))
                .isEqualTo(new Agreement(new SmbDirectParameters(400, 300, 131_072, FRAGMENTED, 4096), 10, 20));
        var most = accept(0, MOST, 512, MOST).parameters();
        assertThat(most.maxSend()).isEqualTo(512);
        assertThat(most.maxReadWrite()).isEqualTo(1 << 20);
    }

    @Test
    void whatNoMessageFitsIsRefused() {
        assertThatThrownBy(() -> answer(0, 512, 512, 131_072)).isInstanceOf(MalformedPduException.class);
        assertThatThrownBy(() -> answer(7, 512, 127, 131_072)).isInstanceOf(MalformedPduException.class);
        assertThatThrownBy(() -> answer(7, 512, 512, 131_071)).isInstanceOf(MalformedPduException.class);
        assertThatThrownBy(() -> accept(0, 4096, 513, 512)).isInstanceOf(MalformedPduException.class);
        assertThatThrownBy(() -> accept(0, 0, 512, 512)).isInstanceOf(MalformedPduException.class);
        assertThatThrownBy(() -> accept(0xC000_00BBL, 4096, 512, 512))
                .isInstanceOf(MalformedPduException.class)
                .hasMessage("refused with status 0xc00000bb");
    }
}
