package dev.penstock.inference.serving;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Chooses tokens from logits. Belongs to one generation. */
final class Sampler {
    /** Tokens whose probability is less than that of the likeliest by more than e to this power are never chosen: 2 in 10^9. */
    private static final float NEGLIGIBLE = 20;

    private final Sampling sampling;
    private final SplittableRandom random;

    Sampler(Sampling sampling) {
        this.sampling = sampling;
        this.random = new SplittableRandom(sampling.seed());
    }

    int choose(MemorySegment logits, int count) {
        if (sampling.temperature() <= 0 || sampling.topK() == 1) {
            return likeliest(logits, count);
        }
        int[] candidates = candidates(logits, count);
        var weights = new double[candidates.length];
        double largest = at(logits, candidates[0]);
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.exp((at(logits, candidates[i]) - largest) / sampling.temperature());
            sum += weights[i];
        }
        int kept = 0;
        double mass = 0;
        while (kept < weights.length && (kept == 0 || mass < sampling.topP() * sum)) {
            mass += weights[kept++];
        }
        double point = random.nextDouble() * mass;
        for (int i = 0; i < kept; i++) {
            point -= weights[i];
            if (point < 0) {
                return candidates[i];
            }
        }
        return candidates[kept - 1];
    }

    /** The likeliest tokens, the likeliest first, without those that have no chance beside it. */
    private int[] candidates(MemorySegment logits, int count) {
        float least = at(logits, likeliest(logits, count)) - NEGLIGIBLE * sampling.temperature();
        var keys = new long[count];
        int found = 0;
        for (int i = 0; i < count; i++) {
            float logit = at(logits, i);
            if (logit >= least) {
                // Bits of floats are in their order once negative ones are turned round.
                int bits = Float.floatToRawIntBits(logit);
                int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
                keys[found++] = ((long) ordered << 32) | i;
            }
        }
        Arrays.sort(keys, 0, found);
        var candidates = new int[Math.min(found, sampling.topK() > 0 ? sampling.topK() : found)];
        for (int i = 0; i < candidates.length; i++) {
            candidates[i] = (int) keys[found - 1 - i];
        }
        return candidates;
    }

    private static int likeliest(MemorySegment logits, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            best = at(logits, i) > at(logits, best) ? i : best;
        }
        return best;
    }

    private static float at(MemorySegment logits, int index) {
        return logits.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }
}
