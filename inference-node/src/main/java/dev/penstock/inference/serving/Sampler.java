package dev.penstock.inference.serving;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Chooses tokens from logits. Belongs to one generation. */
final class Sampler {
    /** Candidates that are sorted where no limit is given: what comes after them has no probability to speak of. */
    private static final int MOST_CANDIDATES = 1024;

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
        int limit = Math.min(count, sampling.topK() > 0 ? sampling.topK() : MOST_CANDIDATES);
        int[] candidates = IntStream.range(0, count)
                .boxed()
                .sorted((a, b) -> Float.compare(at(logits, b), at(logits, a)))
                .limit(limit)
                .mapToInt(Integer::intValue)
                .toArray();
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
