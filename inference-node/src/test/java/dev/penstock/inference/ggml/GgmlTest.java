package dev.penstock.inference.ggml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgmlTest {
    @TempDir
    Path folder;

    @Test
    void theLibraryThatComesAlongPassesItsTest() {
        assertThat(Ggml.load()).isInstanceOf(Ggml.Available.class);
        assertThat(Ggml.load()).isSameAs(Ggml.load());
    }

    @Test
    void aLibraryThatIsSomethingElseIsRefusedWithWhatItLacks() {
        assertThatThrownBy(() -> SelfTest.run(name -> Optional.empty()))
                .isInstanceOf(UnusableLibraryException.class)
                .hasMessageContaining("ggml_init")
                .hasMessageContaining("ggml_backend_graph_compute");
        assertThatThrownBy(() -> SelfTest.run(SymbolLookup.libraryLookup("libm.so.6", Arena.global())))
                .isInstanceOf(UnusableLibraryException.class);
    }

    @Test
    void aNamedLibraryThatCannotBeLoadedSaysWhy() throws Exception {
        Path nonsense = folder.resolve("libggml.so");
        Files.writeString(nonsense, "no library");
        System.setProperty("penstock.ggml", nonsense.toString());
        try {
            var candidates = Libraries.candidates();
            assertThat(candidates).hasSize(1);
            assertThatThrownBy(candidates.getFirst()::open)
                    .isInstanceOf(UnusableLibraryException.class)
                    .hasMessageContaining("linker refuses");
        } finally {
            System.clearProperty("penstock.ggml");
        }
    }

    @Test
    void aFileIsUnpackedOnceAndAgainWhereItWasChanged() throws Exception {
        System.setProperty("penstock.cache", folder.toString());
        try {
            String resource = "dev/penstock/inference/ggml/Ggml.class";
            Path first = BundledFile.extract(resource);
            byte[] contents = Files.readAllBytes(first);
            Files.write(first, new byte[] {1});
            assertThat(BundledFile.extract(resource)).isEqualTo(first).hasBinaryContent(contents);
            assertThatThrownBy(() -> BundledFile.extract("none")).hasMessageContaining("no none on the class path");
        } finally {
            System.clearProperty("penstock.cache");
        }
    }
}
