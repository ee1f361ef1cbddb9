package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SequenceWindowTest {
    private final SequenceWindow window = new SequenceWindow();

    @Test
    void atFirstOnlyTheIdZeroMayBeUsed() {
        assertThat(window.consume(1, 1)).isFalse();
        assertThat(window.consume(0, 1)).isTrue();
        assertThat(window.consume(0, 1)).isFalse();
    }

    @Test
    void idsMayBeUsedInAnyOrderButOnce() {
        window.consume(0, 1);
        assertThat(window.grant(10, true)).isEqualTo(10);
        assertThat(window.consume(10, 1)).isTrue();
        assertThat(window.consume(3, 4)).isTrue();
        assertThat(window.consume(6, 1)).isFalse();
        assertThat(window.consume(1, 2)).isTrue();
        assertThat(window.consume(7, 3)).isTrue();
        assertThat(window.consume(11, 1)).isFalse();
    }

    @Test
    void aClientIsNeverLeftWithoutACredit() {
        window.consume(0, 1);
        assertThat(window.grant(0, false)).isEqualTo(1);
    }

    @Test
    void grantsEndAtTheCeilingWhateverIsAskedFor() {
        window.consume(0, 1);
        assertThat(window.grant(65535, false)).isEqualTo(SequenceWindow.MAX_CREDITS_BEFORE_LOGON);
        assertThat(window.grant(65535, true))
                .isEqualTo(SequenceWindow.MAX_CREDITS - SequenceWindow.MAX_CREDITS_BEFORE_LOGON);
        assertThat(window.grant(1, true)).isZero();
    }

    @Test
    void anIdThatStaysUnusedHoldsTheWindowBack() {
        window.consume(0, 1);
        window.grant(65535, true);
        int granted = 0;
        for (long id = 2; id < 100_000 && window.consume(id, 1); id++) {
            granted += window.grant(1, true);
        }
        assertThat(granted).isLessThanOrEqualTo(2 * SequenceWindow.MAX_CREDITS);
        assertThat(window.consume(1, 1)).isTrue();
        assertThat(window.grant(100, true)).isPositive();
    }

    @Test
    void idsFarBeyondTheWindowAndNegativeOnesAreRefused() {
        assertThat(window.consume(Long.MAX_VALUE, 1)).isFalse();
        assertThat(window.consume(-1, 1)).isFalse();
        assertThat(window.consume(0, 65535)).isFalse();
    }
}
