package dev.penstock.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final float[] LOGITS = {0, 3, 1, 2.5f, -4};

    private static java.util.Set<Integer> chosen(Sampling sampling) {
        var sampler = new Sampler(sampling);
        var tokens = new HashSet<Integer>();
        for (int i = 0; i < 500; i++) {
            tokens.add(sampler.choose(MemorySegment.ofArray(LOGITS), LOGITS.length));
        }
        return tokens;
    }

    @Test
    void eachLimitLeavesTheTokensThatItSays() {
        assertThat(chosen(Sampling.GREEDY)).containsExactly(1);
        assertThat(chosen(new Sampling(1, 2, 1, 1))).containsExactlyInAnyOrder(1, 3);
        assertThat(chosen(new Sampling(1, 0, 0.5f, 1))).containsExactly(1);
        assertThat(chosen(new Sampling(50, 0, 1, 1))).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }

    @Test
    void theSameSeedChoosesTheSame() {
        var a = new Sampler(new Sampling(2, 0, 1, 9));
        var b = new Sampler(new Sampling(2, 0, 1, 9));
        for (int i = 0; i < 50; i++) {
            assertThat(a.choose(MemorySegment.ofArray(LOGITS), 5))
                    .isEqualTo(b.choose(MemorySegment.ofArray(LOGITS), 5));
        }
    }

    @Test
    void aStopStringIsFoundAcrossPiecesAndNothingOfItIsShown() {
        var stops = new StopText(List.of("END", "\n\n"));
        assertThat(stops.add("abc E")).isEqualTo("abc ");
        assertThat(stops.add("N")).isEmpty();
        assertThat(stops.add("X")).isEqualTo("ENX");
        assertThat(stops.add("y\n")).isEqualTo("y");
        assertThat(stops.add("\nz")).isEmpty();
        assertThat(stops.stopped()).isTrue();
        var other = new StopText(List.of("END"));
        assertThat(other.add("xEN") + other.finish()).isEqualTo("xEN");
        assertThat(other.stopped()).isFalse();
    }
}
