package dev.penstock.inference.serving.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.ModelSpec.VocabularyKind;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.model.LlamaCpp;
import dev.penstock.inference.model.TestModels;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
    private static final String[] TEXTS = {
        "",
        " ",
        "hello world",
        "kalomi talobe  rikato",
        "It's 12345 o'clock,\n\n  isn't it?\t'LL we'RE\r\n",
        "naïve häuser 日本語 \uD83D\uDE00 done",
        "<s>not a token</s>",
        "<|im_start|>user\nkalo<|im_end|>\n",
        "   leading and trailing   ",
        "a\u00A0b\u3000c",
        "x=1+2;//y\n}\n"
    };

    @TempDir
    Path folder;

    private Path made(VocabularyKind kind, int vocabulary) throws Exception {
        Path file = folder.resolve(kind + ".gguf");
        ModelMaker.make(
                file,
                new ModelSpec(TensorType.F32, 32, 1, 1, 1, 32, vocabulary, 64, kind, false, false, 3),
                bytes -> {});
        return file;
    }

    @Test
    void textsBecomeTheTokensThatLlamaCppMakesOfThem() throws Exception {
        for (VocabularyKind kind : VocabularyKind.values()) {
            Path file = made(kind, 2048);
            Tokenizer tokenizer = Tokenizer.of(TestModels.header(file).metadata());
            try (var oracle = new LlamaCpp(file, 1, 64, true)) {
                for (String text : TEXTS) {
                    for (boolean special : new boolean[] {true, false}) {
                        assertThat(tokenizer.encode(text, special, special))
                                .as("%s: %s, special %s", kind, text, special)
                                .containsExactly(oracle.tokenize(text, special, special));
                    }
                }
            }
        }
    }

    @Test
    void randomTextsBecomeTheSameTokensToo() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        String[] pieces = {
            "ka", "lo", "mi", " ", "  ", "\n", "'s", "9", "12", ".", "é", "日", "ß", "\t", "Zu", "\uD83D\uDE00"
        };
        for (VocabularyKind kind : VocabularyKind.values()) {
            Path file = made(kind, 4096);
            Tokenizer tokenizer = Tokenizer.of(TestModels.header(file).metadata());
            try (var oracle = new LlamaCpp(file, 1, 64, true)) {
                for (int i = 0; i < 300; i++) {
                    var text = new StringBuilder();
                    for (int n = random.nextInt(30); n >= 0; n--) {
                        text.append(pieces[random.nextInt(pieces.length)]);
                    }
                    assertThat(tokenizer.encode(text.toString(), true, false))
                            .as("seed %d, %s: %s", seed, kind, text)
                            .containsExactly(oracle.tokenize(text.toString(), true, false));
                }
            }
        }
    }

    @Test
    void tokensBecomeTheTextAgain() throws Exception {
        for (VocabularyKind kind : VocabularyKind.values()) {
            Tokenizer tokenizer =
                    Tokenizer.of(TestModels.header(made(kind, 2048)).metadata());
            for (String text : TEXTS) {
                var detokenizer = new Detokenizer(tokenizer.vocabulary());
                var back = new StringBuilder();
                for (int token : tokenizer.encode(text, true, false)) {
                    back.append(detokenizer.add(token));
                }
                back.append(detokenizer.finish());
                assertThat(back.toString()).as("%s", kind).isIn(text, " " + text);
            }
        }
    }

    @Test
    void aCharacterAppearsWhenItsLastByteIsThere() throws Exception {
        Tokenizer tokenizer =
                Tokenizer.of(TestModels.header(made(VocabularyKind.SPM, 512)).metadata());
        var detokenizer = new Detokenizer(tokenizer.vocabulary());
        int[] smile = IntStream.of(0xF0, 0x9F, 0x98, 0x80)
                .map(b -> tokenizer.vocabulary().id("<0x%02X>".formatted(b)))
                .toArray();
        assertThat(detokenizer.add(smile[0]) + detokenizer.add(smile[1]) + detokenizer.add(smile[2]))
                .isEmpty();
        assertThat(detokenizer.add(smile[3])).isEqualTo("\uD83D\uDE00");
        assertThat(detokenizer.add(smile[0])).isEmpty();
        assertThat(detokenizer.finish()).isEqualTo("\uFFFD");
    }
}
