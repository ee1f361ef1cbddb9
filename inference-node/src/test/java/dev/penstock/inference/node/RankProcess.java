package dev.penstock.inference.node;

import dev.penstock.cache.store.local.LocalFileStore;
import dev.penstock.collective.Collective;
import dev.penstock.inference.ggml.Ggml;
import dev.penstock.inference.model.GgmlLlama;
import dev.penstock.inference.model.LanguageModel;
import dev.penstock.inference.model.LlamaCpp;
import dev.penstock.inference.model.ModelOptions;
import dev.penstock.inference.model.Readiness;
import dev.penstock.inference.model.Steps;
import dev.penstock.inference.model.TestModels;
import dev.penstock.inference.parallel.CollectiveRanks;
import dev.penstock.inference.parallel.RankGroup;
import dev.penstock.inference.parallel.SingleRank;
import dev.penstock.inference.shard.ShardPlan;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One rank as a process of its own, for tests that kill one and for measurements: {@code serve|decode|llama MODEL RANK PORTS THREADS STEPS},
 * with PORTS separated by commas, one per rank.
 */
final class RankProcess {
    private static final int PROMPT = 128;

    private RankProcess() {}

    /** Starts it with the class path of this process; its standard error goes where ours does. */
    static Process start(String mode, Path model, int rank, List<Integer> ports, int threads, int steps)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(
                List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Xmx512m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), RankProcess.class.getName(), mode));
        command.addAll(List.of(model.toString(), "" + rank));
        command.add(String.join(",", ports.stream().map(String::valueOf).toList()));
        command.addAll(List.of("" + threads, "" + steps));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    static List<Integer> freePorts(int count) throws IOException {
        var sockets = new ArrayList<ServerSocket>();
        var ports = new ArrayList<Integer>();
        for (int i = 0; i < count; i++) {
            sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            ports.add(sockets.getLast().getLocalPort());
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    public static void main(String[] args) throws Exception {
        Path model = Path.of(args[1]);
        int rank = Integer.parseInt(args[2]);
        List<InetSocketAddress> addresses = Arrays.stream(args[3].split(","))
                .map(p -> new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(p)))
                .toList();
        int threads = Integer.parseInt(args[4]);
        int steps = Integer.parseInt(args[5]);
        switch (args[0]) {
            case "serve" -> serve(model, rank, addresses, threads);
            case "decode" -> decode(model, rank, addresses, threads, steps);
            case "llama" -> llama(model, threads, steps);
            default -> throw new IllegalArgumentException(args[0] + " of " + File.separator);
        }
        System.exit(0);
    }

    private static RankGroup join(int rank, List<InetSocketAddress> addresses) throws IOException {
        if (addresses.size() == 1) {
            return new SingleRank();
        }
        var device = RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT);
        return new CollectiveRanks(Collective.join(device, CollectiveRanks.OPTIONS, rank, addresses, new byte[0]));
    }

    private static void serve(Path model, int rank, List<InetSocketAddress> addresses, int threads) throws Exception {
        var options = NodeOptions.serving(rank == 0 ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 0) : null)
                .withThreads(threads);
        var store = new LocalFileStore(model.getParent());
        var node = InferenceNode.start(
                store, model.getFileName().toString(), rank, addresses.size(), () -> join(rank, addresses), options);
        node.ready().join();
        System.out.println("ready " + (rank == 0 ? node.httpAddress().getPort() : 0));
        System.in.read();
        node.close();
        store.close();
    }

    private static int[] prompt(int vocabulary) {
        var tokens = new int[PROMPT];
        for (int i = 0; i < PROMPT; i++) {
            tokens[i] = 3 + i * 7 % (vocabulary - 3);
        }
        return tokens;
    }

    private static void decode(Path file, int rank, List<InetSocketAddress> addresses, int threads, int steps)
            throws Exception {
        Ggml.load();
        ShardPlan plan = ShardPlan.of(TestModels.header(file), rank, addresses.size());
        try (var arena = Arena.ofShared();
                var group = join(rank, addresses);
                var model = new GgmlLlama(
                        plan,
                        TestModels.load(file, plan, arena),
                        Readiness.ALL,
                        group,
                        new ModelOptions(threads, 1024, PROMPT))) {
            if (rank != 0) {
                Steps.follow(model, group, () -> false);
                return;
            }
            var leader = new Steps.Leader(model, group);
            measure(leader, steps);
            leader.stop();
        }
    }

    private static void measure(LanguageModel model, int steps) throws IOException {
        int[] tokens = prompt(model.vocabulary());
        for (int i = 0; i < 3; i++) {
            model.step(tokens, 0, 1, i);
        }
        long start = System.nanoTime();
        float[] logits = TestModels.floats(model.step(tokens, 0, PROMPT, 0), model.vocabulary());
        long prefill = System.nanoTime() - start;
        var nanos = new long[steps];
        for (int i = 0; i < steps; i++) {
            int[] next = {TestModels.best(logits)};
            long before = System.nanoTime();
            var answer = model.step(next, 0, 1, PROMPT + i);
            nanos[i] = System.nanoTime() - before;
            logits = TestModels.floats(answer, model.vocabulary());
        }
        report(nanos, prefill);
    }

    private static void llama(Path file, int threads, int steps) {
        try (var oracle = new LlamaCpp(file, threads, 1024, false)) {
            int[] tokens = prompt(512);
            for (int i = 0; i < 3; i++) {
                oracle.decode(tokens[0]);
            }
            long start = System.nanoTime();
            float[] logits = oracle.decode(tokens);
            long prefill = System.nanoTime() - start;
            var nanos = new long[steps];
            for (int i = 0; i < steps; i++) {
                int next = TestModels.best(logits);
                long before = System.nanoTime();
                logits = oracle.decode(next);
                nanos[i] = System.nanoTime() - before;
            }
            report(nanos, prefill);
        }
    }

    private static void report(long[] nanos, long prefill) {
        Arrays.sort(nanos);
        System.out.printf(
                Locale.ROOT,
                "best %.2f decile %.2f median %.2f prefill %.2f%n",
                1e9 / nanos[0],
                1e9 / nanos[nanos.length / 10],
                1e9 / nanos[nanos.length / 2],
                PROMPT * 1e9 / prefill);
    }
}
