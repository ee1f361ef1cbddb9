package dev.penstock.inference.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.GgufFile;
import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.ModelSpec.VocabularyKind;
import dev.penstock.inference.gguf.TensorInfo;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.model.TestModels;
import dev.penstock.inference.shard.Shard.Split;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardPlanTest {
    @TempDir
    Path folder;

    private Path made(ModelSpec spec) throws IOException {
        Path file = folder.resolve("m.gguf");
        ModelMaker.make(file, spec, bytes -> {});
        return file;
    }

    private static ModelSpec spec(TensorType type, int heads, int kvHeads, int feedForward, int vocabulary) {
        return new ModelSpec(
                type, heads * 32, 2, heads, kvHeads, feedForward, vocabulary, 64, VocabularyKind.SPM, false, false, 1);
    }

    @Test
    void everyByteIsOnSomeNodeAndOnlyWholeTensorsAreOnAll() throws Exception {
        Path file = made(spec(TensorType.Q8_0, 8, 4, 512, 512));
        GgufFile header = TestModels.header(file);
        byte[] contents = Files.readAllBytes(file);
        for (int size : new int[] {1, 2, 4}) {
            long sum = 0;
            for (int rank = 0; rank < size; rank++) {
                ShardPlan plan = ShardPlan.of(header, rank, size);
                try (var arena = Arena.ofShared()) {
                    MemorySegment memory = TestModels.load(file, plan, arena);
                    for (ShardPlan.Group group : plan.groups()) {
                        assertThat(group.memoryOffset() % Regions.PAGE).isZero();
                        for (Shard shard : group.shards()) {
                            assertThat(shard.memoryOffset() % 64).isZero();
                            check(shard, memory, contents);
                            sum += shard.split() == Split.WHOLE ? shard.bytes() * (rank == 0 ? 1 : 0) : shard.bytes();
                        }
                    }
                }
            }
            assertThat(sum)
                    .as("%d nodes", size)
                    .isEqualTo(header.tensors().stream()
                            .mapToLong(TensorInfo::bytes)
                            .sum());
        }
    }

    private static void check(Shard shard, MemorySegment memory, byte[] file) {
        for (int run = 0; run < shard.runs(); run++) {
            for (long i = 0; i < shard.runBytes(); i += 61) {
                assertThat(memory.get(ValueLayout.JAVA_BYTE, shard.memoryOffset() + run * shard.runBytes() + i))
                        .isEqualTo(file[(int) (shard.fileOffset() + run * shard.stride() + i)]);
            }
        }
    }

    @Test
    void whatCannotBeDividedIsRefusedWithWhatCan() throws Exception {
        GgufFile heads = TestModels.header(made(spec(TensorType.Q8_0, 8, 4, 512, 512)));
        assertThatThrownBy(() -> ShardPlan.of(heads, 0, 3))
                .isInstanceOf(GgufException.class)
                .hasMessage("the model cannot be divided over 3 nodes: 8 attention heads and 4 heads of keys and values"
                        + " are not both multiples of 3; it can be over 1, 2, 4");
        GgufFile blocks = TestModels.header(made(spec(TensorType.Q8_0, 8, 4, 96, 512)));
        assertThatThrownBy(() -> ShardPlan.of(blocks, 0, 2)).hasMessageContaining("cut inside a block of 32 (Q8_0)");
        GgufFile odd = TestModels.header(made(spec(TensorType.F32, 8, 4, 512, 513)));
        assertThat(ShardPlan.of(odd, 1, 2).outputRows()).isEqualTo(513);
        assertThat(ShardPlan.of(heads, 1, 2).outputRows()).isEqualTo(256);
    }

    @Test
    void aPlanCanBeReadByPeople() throws Exception {
        GgufFile header = TestModels.header(made(spec(TensorType.Q4_0, 8, 4, 512, 512)));
        assertThat(ShardPlan.of(header, 1, 2).preview())
                .contains("node 1 of 2", "blk.0.attn_output.weight", "columns", "rows", "whole");
    }

    @Test
    void aFailingStoreFailsAllGroupsAndIsHeardOfOnce() throws Exception {
        ShardPlan plan = ShardPlan.of(TestModels.header(made(spec(TensorType.F32, 8, 4, 512, 512))), 0, 2);
        try (var arena = Arena.ofShared()) {
            MemorySegment memory = Regions.map(plan.bytes(), arena);
            ReadTarget target = new ReadTarget() {
                @Override
                public MemorySegment memory() {
                    return memory;
                }

                @Override
                public void close() {}
            };
            var loader = ShardLoader.start(new FailingFile(), plan, target, (bytes, total, nanos) -> {});
            assertThat(loader.done().handle((result, thrown) -> thrown).get(10, TimeUnit.SECONDS))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the disk is gone");
            assertThatThrownBy(() -> loader.group(plan.groups().size() - 1).join())
                    .isInstanceOf(CompletionException.class);
        }
    }

    /** Answers a few reads, then fails. */
    private static final class FailingFile implements StoredFile {
        private int reads;

        @Override
        public String path() {
            return "m.gguf";
        }

        @Override
        public long size() {
            return Long.MAX_VALUE;
        }

        @Override
        public CompletableFuture<Void> read(long offset, ReadTarget target, long targetOffset, long length) {
            return ++reads < 5
                    ? CompletableFuture.completedFuture(null)
                    : CompletableFuture.failedFuture(new IOException("the disk is gone"));
        }

        @Override
        public CompletableFuture<Void> readStrided(
                long offset, long runLength, long stride, int runs, ReadTarget target, long targetOffset) {
            return read(offset, target, targetOffset, runLength * runs);
        }

        @Override
        public void close() {}
    }
}
