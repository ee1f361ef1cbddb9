package dev.penstock.inference.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.inference.ggml.Ggml;
import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.parallel.RankGroup;
import dev.penstock.inference.parallel.ThreadRanks;
import dev.penstock.inference.shard.ShardPlan;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One, two and four ranks on ggml, plain Java, and llama.cpp, on the same files. */
class LlamaAgreementTest {
    private static final int[] PROMPT = {1, 70, 101, 99, 88, 270, 300, 77, 12};
    private static final int STEPS = 64;

    @TempDir
    static Path folder;

    @BeforeAll
    static void ggmlIsThere() {
        assertThat(Ggml.load()).isInstanceOf(Ggml.Available.class);
    }

    private interface Maker {
        LanguageModel make(ShardPlan plan, java.lang.foreign.MemorySegment weights, RankGroup group);
    }

    private static Path model(String name, ModelSpec spec) throws Exception {
        Path file = folder.resolve(name + ".gguf");
        ModelMaker.make(file, spec, bytes -> {});
        return file;
    }

    private static Maker ggml() {
        return (plan, weights, group) ->
                new GgmlLlama(plan, weights, Readiness.ALL, group, new ModelOptions(1, 512, 4));
    }

    private static Maker plain(Arithmetic arithmetic) {
        return (plan, weights, group) ->
                new PlainLlama(plan, weights, Readiness.ALL, group, new ModelOptions(1, 512, 4), arithmetic);
    }

    /** Logits after the prompt and after each of the forced tokens, as rank 0 sees them. */
    private static List<float[]> run(Path file, int size, Maker maker, int[] forced) throws Exception {
        List<RankGroup> groups = ThreadRanks.of(size);
        try (var pool = Executors.newFixedThreadPool(size)) {
            var results = new ArrayList<Future<List<float[]>>>();
            for (RankGroup group : groups) {
                results.add(pool.submit(() -> rank(file, group, maker, forced)));
            }
            for (var result : results) {
                result.get();
            }
            return results.getFirst().get();
        }
    }

    private static List<float[]> rank(Path file, RankGroup group, Maker maker, int[] forced) throws Exception {
        ShardPlan plan = ShardPlan.of(TestModels.header(file), group.rank(), group.size());
        try (var arena = Arena.ofShared();
                var model = maker.make(plan, TestModels.load(file, plan, arena), group)) {
            var all = new ArrayList<float[]>();
            int position = 0;
            float[] last = {};
            while (position < PROMPT.length) {
                int count = Math.min(model.batch(), PROMPT.length - position);
                last = TestModels.floats(model.step(PROMPT, position, count, position), model.vocabulary());
                position += count;
            }
            all.add(last);
            for (int token : forced) {
                all.add(TestModels.floats(model.step(new int[] {token}, 0, 1, position++), model.vocabulary()));
            }
            return all;
        }
    }

    private static List<float[]> llamaCpp(Path file, int steps, List<Integer> tokens) {
        try (var oracle = new LlamaCpp(file, 1, 512, false)) {
            var all = new ArrayList<float[]>();
            all.add(oracle.decode(PROMPT));
            for (int i = 0; i < steps; i++) {
                tokens.add(TestModels.best(all.getLast()));
                all.add(oracle.decode(tokens.getLast()));
            }
            return all;
        }
    }

    private static double worst(List<float[]> actual, List<float[]> expected) {
        double worst = 0;
        for (int i = 0; i < expected.size(); i++) {
            worst = Math.max(worst, TestModels.difference(actual.get(i), expected.get(i)));
        }
        return worst;
    }

    private static List<Integer> greedy(List<float[]> logits) {
        return logits.stream().map(TestModels::best).toList();
    }

    @Test
    void floatsAgreeEverywhereAndChooseTheSameSixtyFourTokens() throws Exception {
        Path file = model("f32", ModelSpec.named("tiny", TensorType.F32, 11));
        var tokens = new ArrayList<Integer>();
        List<float[]> expected = llamaCpp(file, STEPS, tokens);
        int[] forced = tokens.stream().mapToInt(Integer::intValue).toArray();
        List<float[]> plain = run(file, 1, plain(Arithmetic.EXACT), forced);
        assertThat(worst(plain, expected)).isLessThan(2e-3);
        assertThat(greedy(plain)).isEqualTo(greedy(expected));
        assertThat(worst(run(file, 2, plain(Arithmetic.EXACT), forced), plain)).isLessThan(1e-4);
        for (int size : new int[] {1, 2, 4}) {
            List<float[]> ours = run(file, size, ggml(), forced);
            assertThat(worst(ours, plain)).as("%d ranks", size).isLessThan(2e-3);
            assertThat(greedy(ours)).as("%d ranks", size).isEqualTo(greedy(expected));
        }
    }

    @Test
    void quantisedLogitsStayWithinBounds() throws Exception {
        for (TensorType type : List.of(TensorType.F16, TensorType.Q8_0, TensorType.Q4_0)) {
            Path file = model(type.name(), ModelSpec.named("tiny", type, 12));
            var tokens = new ArrayList<Integer>();
            List<float[]> expected = llamaCpp(file, 16, tokens);
            int[] forced = tokens.stream().mapToInt(Integer::intValue).toArray();
            List<float[]> plain = run(file, 1, plain(Arithmetic.LIKE_GGML), forced);
            for (int size : new int[] {1, 2, 4}) {
                List<float[]> ours = run(file, size, ggml(), forced);
                assertThat(worst(ours, plain)).as("%s %d ranks", type, size).isLessThan(3e-2);
                assertThat(worst(ours, expected)).as("%s %d ranks", type, size).isLessThan(3e-2);
            }
        }
    }

    @Test
    void tiedOutputAndFrequencyFactorsAgreeToo() throws Exception {
        Path file = model("tied", ModelSpec.named("tiny", TensorType.F32, 13).with(true, true));
        var tokens = new ArrayList<Integer>();
        List<float[]> expected = llamaCpp(file, 8, tokens);
        int[] forced = tokens.stream().mapToInt(Integer::intValue).toArray();
        assertThat(worst(run(file, 1, plain(Arithmetic.EXACT), forced), expected))
                .isLessThan(2e-3);
        assertThat(worst(run(file, 2, plain(Arithmetic.EXACT), forced), expected))
                .isLessThan(2e-3);
        for (int size : new int[] {1, 2, 4}) {
            assertThat(worst(run(file, size, ggml(), forced), expected))
                    .as("%d ranks", size)
                    .isLessThan(2e-3);
        }
    }

    @Test
    void aLongPromptCrossesStretchesOfTheCacheAndGoesBack() throws Exception {
        Path file = model("long", ModelSpec.named("tiny", TensorType.F32, 14));
        ShardPlan plan = ShardPlan.of(TestModels.header(file), 0, 1);
        var tokens = new int[300];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = 3 + i * 7 % 300;
        }
        try (var arena = Arena.ofShared();
                var group = new dev.penstock.inference.parallel.SingleRank();
                var model = new GgmlLlama(
                        plan, TestModels.load(file, plan, arena), Readiness.ALL, group, new ModelOptions(2, 512, 128));
                var oracle = new LlamaCpp(file, 1, 512, false)) {
            float[] expected = oracle.decode(tokens);
            for (int repeat = 0; repeat < 2; repeat++) {
                model.step(tokens, 0, 128, 0);
                model.step(tokens, 128, 128, 128);
                for (int i = 256; i < 299; i++) {
                    model.step(tokens, i, 1, i);
                }
                float[] actual = TestModels.floats(model.step(tokens, 299, 1, 299), model.vocabulary());
                assertThat(TestModels.difference(actual, expected)).isLessThan(5e-3);
            }
        }
    }
}
