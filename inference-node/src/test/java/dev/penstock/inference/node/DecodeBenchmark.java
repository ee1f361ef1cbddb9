package dev.penstock.inference.node;

import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Decode speed in tokens a second, as ratios within one run: one node against llama.cpp with as many threads, and two nodes of one thread
 * each against one. Every contender is a process of its own; they take turns, so that a busy machine is busy for all.
 * {@code -Dbench.shape=250m -Dbench.type=Q8_0 -Dbench.rounds=3 -Dbench.steps=384}
 */
@Tag("benchmark")
class DecodeBenchmark {
    private static final int STEPS = Integer.getInteger("bench.steps", 384);

    /** A contender and what it reached in each round. */
    private record Contender(String mode, int nodes, int threads, List<double[]> rounds) {}

    @Test
    void compare() throws Exception {
        String shape = System.getProperty("bench.shape", "250m");
        TensorType type = TensorType.valueOf(System.getProperty("bench.type", "Q8_0"));
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "penstock-bench");
        Files.createDirectories(folder);
        Path model = folder.resolve(shape + "-" + type + ".gguf");
        if (!Files.exists(model)) {
            ModelMaker.make(model, ModelSpec.named(shape, type, 1), bytes -> {});
        }
        var contenders = new LinkedHashMap<String, Contender>();
        contenders.put("llama.cpp, 1 thread", new Contender("llama", 1, 1, new ArrayList<>()));
        contenders.put("1 node, 1 thread", new Contender("decode", 1, 1, new ArrayList<>()));
        contenders.put("2 nodes, 1 thread each", new Contender("decode", 2, 1, new ArrayList<>()));
        contenders.put("llama.cpp, 2 threads", new Contender("llama", 1, 2, new ArrayList<>()));
        contenders.put("1 node, 2 threads", new Contender("decode", 1, 2, new ArrayList<>()));
        for (int round = Integer.getInteger("bench.rounds", 3); round > 0; round--) {
            for (Contender contender : contenders.values()) {
                contender.rounds.add(run(model, contender));
            }
        }
        contenders.forEach((name, c) -> System.out.printf(
                Locale.ROOT,
                "%-24s best %6.2f  decile %6.2f  median %6.2f  prompt %7.2f tokens/s%n",
                name,
                top(c, 0),
                top(c, 1),
                top(c, 2),
                top(c, 3)));
        ratio(contenders, "1 node, 1 thread", "llama.cpp, 1 thread");
        ratio(contenders, "1 node, 2 threads", "llama.cpp, 2 threads");
        ratio(contenders, "2 nodes, 1 thread each", "1 node, 1 thread");
    }

    private static double top(Contender contender, int figure) {
        return contender.rounds.stream().mapToDouble(r -> r[figure]).max().orElse(0);
    }

    private static void ratio(LinkedHashMap<String, Contender> contenders, String a, String b) {
        System.out.printf(
                Locale.ROOT,
                "%s / %s: best %.2f, decile %.2f, median %.2f, prompt %.2f%n",
                a,
                b,
                top(contenders.get(a), 0) / top(contenders.get(b), 0),
                top(contenders.get(a), 1) / top(contenders.get(b), 1),
                top(contenders.get(a), 2) / top(contenders.get(b), 2),
                top(contenders.get(a), 3) / top(contenders.get(b), 3));
    }

    private static double[] run(Path model, Contender contender) throws Exception {
        List<Integer> ports = RankProcess.freePorts(contender.nodes);
        var processes = new ArrayList<Process>();
        try {
            for (int rank = 0; rank < contender.nodes; rank++) {
                processes.add(RankProcess.start(contender.mode, model, rank, ports, contender.threads, STEPS));
            }
            String output = new String(processes.getFirst().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String[] words = output.lines()
                    .filter(l -> l.startsWith("best"))
                    .findFirst()
                    .orElseThrow()
                    .split(" ");
            return new double[] {
                Double.parseDouble(words[1]),
                Double.parseDouble(words[3]),
                Double.parseDouble(words[5]),
                Double.parseDouble(words[7])
            };
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }
}
