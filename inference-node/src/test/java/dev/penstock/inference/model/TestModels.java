package dev.penstock.inference.model;

import dev.penstock.cache.store.local.LocalFileStore;
import dev.penstock.inference.gguf.ByteSource;
import dev.penstock.inference.gguf.GgufFile;
import dev.penstock.inference.gguf.GgufReader;
import dev.penstock.inference.shard.ShardLoader;
import dev.penstock.inference.shard.ShardPlan;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** What tests of models share. */
public final class TestModels {
    private TestModels() {}

    public static GgufFile header(Path file) throws Exception {
        try (var channel = FileChannel.open(file);
                var arena = Arena.ofConfined()) {
            return GgufReader.read(ByteSource.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena)));
        }
    }

    /** The weights of one rank, loaded as a node loads them. */
    public static MemorySegment load(Path file, ShardPlan plan, Arena arena) throws IOException {
        MemorySegment memory = Regions.map(plan.bytes(), arena);
        try (var store = new LocalFileStore(file.getParent());
                var opened = store.open(file.getFileName().toString());
                var target = store.target(memory)) {
            ShardLoader.start(opened, plan, target, (bytes, total, nanos) -> {})
                    .done()
                    .join();
        }
        return memory;
    }

    public static float[] floats(MemorySegment logits, int count) {
        return logits.asSlice(0, 4L * count).toArray(ValueLayout.JAVA_FLOAT);
    }

    public static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    /** Euclidean length of the difference against that of what was expected. */
    public static double difference(float[] actual, float[] expected) {
        double square = 0;
        double error = 0;
        for (int i = 0; i < actual.length; i++) {
            square += (double) expected[i] * expected[i];
            error += ((double) actual[i] - expected[i]) * (actual[i] - expected[i]);
        }
        return Math.sqrt(error / square);
    }
}
