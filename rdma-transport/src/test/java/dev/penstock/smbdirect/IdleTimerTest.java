package dev.penstock.smbdirect;

import static dev.penstock.smbdirect.IdleTimer.Due.ASK;
import static dev.penstock.smbdirect.IdleTimer.Due.GIVE_UP;
import static dev.penstock.smbdirect.IdleTimer.Due.NOTHING;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdleTimerTest {
    /** Near the end of what the clock counts to: times are compared by their difference. */
    private static final long START = Long.MAX_VALUE - 50;

    private final IdleTimer timer = new IdleTimer(
            SmbDirectConfig.DEFAULT.withTimeouts(Duration.ofSeconds(1), Duration.ofNanos(100), Duration.ofNanos(10)));

    @BeforeEach
    void start() {
        timer.start(START);
    }

    private IdleTimer.Due after(long nanos) {
        return timer.look(START + nanos);
    }

    @Test
    void aSilentPeerIsAskedOnceAndThenGivenUp() {
        assertThat(after(99)).isEqualTo(NOTHING);
        assertThat(after(100)).isEqualTo(ASK);
        assertThat(after(109)).isEqualTo(NOTHING);
        assertThat(after(110)).isEqualTo(GIVE_UP);
    }

    @Test
    void aPeerThatAnswersIsAskedAgainAfterTheNextSilence() {
        assertThat(after(100)).isEqualTo(ASK);
        timer.heard();
        assertThat(after(105)).isEqualTo(NOTHING);
        assertThat(after(204)).isEqualTo(NOTHING);
        assertThat(after(205)).isEqualTo(ASK);
        assertThat(after(215)).isEqualTo(GIVE_UP);
    }

    @Test
    void anAnswerThatCameBeforeALateLookCounts() {
        assertThat(after(100)).isEqualTo(ASK);
        timer.heard();
        assertThat(after(10_000)).isEqualTo(NOTHING);
    }

    @Test
    void nobodyIsGivenUpWithoutHavingBeenAsked() {
        assertThat(after(10_000)).isEqualTo(ASK);
        assertThat(after(10_001)).isEqualTo(GIVE_UP);
    }
}
