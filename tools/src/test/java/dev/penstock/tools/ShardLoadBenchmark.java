package dev.penstock.tools;

import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.GgufReader;
import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.node.StoredSource;
import dev.penstock.inference.shard.ShardLoader;
import dev.penstock.inference.shard.ShardPlan;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What one of 2 and one of 4 nodes moves of a page-cached model of 1 B parameters, and how long that takes; the store is a process of its
 * own. See docs/benchmarks.md for the command.
 */
@Tag("benchmark")
class ShardLoadBenchmark {
    private static final int ROUNDS = 7;

    @Test
    void oneNodesShareByRdmaAndOverTcp() throws IOException, GgufException {
        try (var store = new Store("--signing", "required")) {
            String shape = System.getProperty("bench.shape", "1b");
            ModelMaker.make(
                    store.folder().resolve("model.gguf"), ModelSpec.named(shape, TensorType.Q8_0, 1), bytes -> {});
            long bytes = Files.size(store.folder().resolve("model.gguf"));
            System.out.printf(Locale.ROOT, "model: %s, %.1f MB%n", shape, bytes / 1e6);
            String url = "smb://" + Store.USER + "@127.0.0.1:" + store.tcp().getPort() + "/" + Store.SHARE;
            for (int nodes : new int[] {2, 4}) {
                measure("RDMA", SmbStoreOptions.parse(url, store.rdma().getPort()), nodes);
                measure("TCP", SmbStoreOptions.parse(url, -1), nodes);
            }
        }
    }

    private static void measure(String way, SmbStoreOptions options, int nodes) throws IOException, GgufException {
        List<Double> seconds = new ArrayList<>();
        long share = 0;
        long moved = 0;
        long staged = 0;
        int rounds = way.equals("TCP") ? 3 : ROUNDS;
        for (int i = -2; i < rounds; i++) {
            try (var arena = Arena.ofShared();
                    var store = SmbFileStore.open(options, Store.PASSWORD.toCharArray());
                    var file = store.open("model.gguf")) {
                ShardPlan plan;
                try (var source = new StoredSource(store, file)) {
                    plan = ShardPlan.of(GgufReader.read(source), 1, nodes);
                }
                var before = store.traffic();
                try (var target = store.target(Regions.map(plan.bytes(), arena))) {
                    var result = ShardLoader.start(file, plan, target, (_, _, _) -> {})
                            .done()
                            .join();
                    if (i >= 0) {
                        seconds.add(result.nanos() / 1e9);
                    }
                    share = result.bytes();
                }
                var after = store.traffic();
                staged = after.staged() - before.staged();
                moved = after.placed() + after.copied() - before.placed() - before.copied() + staged;
            }
        }
        Collections.sort(seconds);
        System.out.printf(
                Locale.ROOT,
                "%s, node 1 of %d: its share %.1f MB, moved %.1f MB, of which staged %.1f MB, %.3f s (best %.3f)%n",
                way,
                nodes,
                share / 1e6,
                moved / 1e6,
                staged / 1e6,
                seconds.get(seconds.size() / 2),
                seconds.getFirst());
    }
}
