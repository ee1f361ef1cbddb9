package dev.penstock.inference.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufReaderTest {
    @TempDir
    Path folder;

    private static GgufFile read(byte[] bytes) throws GgufException, IOException {
        return GgufReader.read(ByteSource.of(MemorySegment.ofArray(bytes)));
    }

    private byte[] made(ModelSpec spec) throws IOException {
        Path file = folder.resolve("made.gguf");
        ModelMaker.make(file, spec, bytes -> {});
        return Files.readAllBytes(file);
    }

    private byte[] written(GgufWriter writer) throws IOException {
        Path file = folder.resolve("written.gguf");
        writer.write(file, (tensor, row, rows) -> rows.fill((byte) row), bytes -> {});
        return Files.readAllBytes(file);
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        var writer = new GgufWriter()
                .text("a", "häuser")
                .u32("b", -1)
                .f32("c", 0.5f)
                .flag("d", true)
                .texts("e", List.of("x", "", "y"))
                .i32s("f", new int[] {1, -2})
                .f32s("g", new float[] {1, 2.5f})
                .vector("v", TensorType.F32, 5)
                .matrix("m", TensorType.Q8_0, 64, 3);
        GgufFile file = read(written(writer));
        var m = file.metadata();
        assertThat(file.version()).isEqualTo(3);
        assertThat(m.text("a")).isEqualTo("häuser");
        assertThat(m.get("b")).isEqualTo(new GgufValue.Whole(0xFFFFFFFFL));
        assertThat(m.real("c", 0)).isEqualTo(0.5f);
        assertThat(m.flag("d", false)).isTrue();
        assertThat(m.texts("e")).containsExactly("x", "", "y");
        assertThat(m.wholes("f")).containsExactly(1, -2);
        assertThat(m.reals("g")).containsExactly(1, 2.5f);
        assertThat(m.text("none", "otherwise")).isEqualTo("otherwise");
        assertThat(file.tensors()).extracting(TensorInfo::shape).containsExactly("F32 [5]", "Q8_0 [64, 3]");
        assertThat(file.tensor("m").bytes()).isEqualTo(3 * 68);
        assertThat(file.tensor("m").offset() % 32).isZero();
        assertThatThrownBy(() -> m.whole("b", 0, 10)).isInstanceOf(GgufException.class);
        assertThatThrownBy(() -> m.text("c")).hasMessage("c is not a string but a real");
        assertThatThrownBy(() -> m.text("none")).hasMessage("the file has no key none");
    }

    @Test
    void theSameSpecificationMakesTheSameBytes() throws Exception {
        var spec = ModelSpec.named("tiny", TensorType.Q4_0, 7);
        byte[] first = made(spec);
        assertThat(made(spec)).isEqualTo(first);
        assertThat(made(ModelSpec.named("tiny", TensorType.Q4_0, 8))).isNotEqualTo(first);
        GgufFile file = read(first);
        assertThat(file.tensors()).hasSize(3 + 9 * 4);
        assertThat(file.metadata().texts("tokenizer.ggml.tokens")).hasSize(512).doesNotHaveDuplicates();
        assertThat(file.headerBytes() + ModelMaker.dataBytes(spec)).isEqualTo(first.length);
    }

    @Test
    void blocksGiveBackWhatTheyWereGivenWithinTheirPrecision() {
        var random = new Random(5);
        var row = new float[256];
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) random.nextGaussian();
        }
        for (TensorType type : TensorType.values()) {
            if (!Blocks.supports(type)) {
                continue;
            }
            var stored = MemorySegment.ofArray(new byte[(int) type.bytes(256)]);
            var back = new float[256];
            Blocks.encode(type, row, 256, stored, 0);
            Blocks.decode(type, stored, 0, back, 256);
            double bound = switch (type) {
                case F32 -> 0;
                case F16 -> 2e-3;
                case BF16 -> 2e-2;
                case Q8_0 -> 2e-2;
                default -> 0.5;
            };
            for (int i = 0; i < row.length; i++) {
                assertThat((double) Math.abs(back[i] - row[i])).as("%s", type).isLessThanOrEqualTo(bound);
            }
        }
    }

    @Test
    void everyTruncationIsRefused() throws Exception {
        byte[] whole = written(new GgufWriter()
                .text("general.name", "x")
                .texts("list", List.of("a", "b"))
                .matrix("m", TensorType.F16, 8, 4));
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(cut)).as("%d bytes", length).isInstanceOf(GgufException.class);
        }
        assertThat(read(whole).tensors()).hasSize(1);
    }

    @Test
    void lengthsBeyondTheFileAreRefusedAtOnce() throws Exception {
        byte[] whole = written(new GgufWriter().text("k", "v").matrix("m", TensorType.F16, 8, 4));
        assertThatThrownBy(() -> read(with(whole, 8, Long.MAX_VALUE))).hasMessageContaining("tensors");
        assertThatThrownBy(() -> read(with(whole, 16, -1))).hasMessageContaining("18446744073709551615 keys");
        assertThatThrownBy(() -> read(with(whole, 24, 1L << 40))).hasMessageContaining("string");
        int name = indexOf(whole, "m") + 1;
        assertThatThrownBy(() -> read(with(whole, name + 4, 1L << 60))).hasMessageContaining("dimension");
        assertThatThrownBy(() -> read(with(whole, name + 12, 1L << 39))).hasMessageContaining("complete?");
        assertThatThrownBy(() -> read(with(whole, name + 24, 8))).hasMessageContaining("not aligned");
    }

    @Test
    void duplicatesAndOverlapsAreRefused() throws Exception {
        assertThatThrownBy(() -> read(written(new GgufWriter().u32("k", 1).u32("k", 2))))
                .hasMessage("key k appears twice");
        assertThatThrownBy(() -> read(
                        written(new GgufWriter().vector("t", TensorType.F32, 8).vector("t", TensorType.F32, 8))))
                .hasMessage("tensor t appears twice");
        byte[] two = written(new GgufWriter().vector("one", TensorType.F32, 8).vector("two", TensorType.F32, 8));
        int second = indexOf(two, "two") + 3 + 4 + 8 + 4;
        assertThatThrownBy(() -> read(with(two, second, 0))).hasMessageContaining("overlap");
    }

    private static byte[] with(byte[] bytes, int at, long value) {
        byte[] changed = bytes.clone();
        MemorySegment.ofArray(changed).set(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
        return changed;
    }

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(text);
    }
}
