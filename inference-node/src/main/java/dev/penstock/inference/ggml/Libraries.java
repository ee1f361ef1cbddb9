package dev.penstock.inference.ggml;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The places where a ggml library may be, in the order in which they are tried. Stateless. */
final class Libraries {
    private static final boolean MAC = System.getProperty("os.name", "").startsWith("Mac");
    private static final String ARCHITECTURE =
            switch (System.getProperty("os.arch", "").toLowerCase(Locale.ROOT)) {
                case "aarch64", "arm64" -> "aarch64";
                default -> "x86_64";
            };

    private Libraries() {}

    /** One library, perhaps in several files, not opened yet. */
    interface Candidate {
        /** For people. */
        String origin();

        /** Opens it; it stays open as long as the process. */
        SymbolLookup open() throws UnusableLibraryException;
    }

    static List<Candidate> candidates() {
        String named = System.getProperty("penstock.ggml", System.getenv("PENSTOCK_GGML"));
        if (named != null && !named.isBlank()) {
            var paths = new ArrayList<Path>();
            for (String path : named.split(File.pathSeparator, -1)) {
                paths.add(Path.of(path));
            }
            return List.of(new InFiles(named, paths, System.getProperty("penstock.ggml.backends")));
        }
        var candidates = new ArrayList<Candidate>();
        for (String folder : folders()) {
            Path base = library(folder, "libggml-base");
            Path all = library(folder, "libggml");
            if (base != null && all != null) {
                candidates.add(new InFiles(all.toString(), List.of(base, all), null));
            }
        }
        candidates.add(new Bundled());
        return List.copyOf(candidates);
    }

    private static List<String> folders() {
        return MAC
                ? List.of("/opt/homebrew/lib", "/opt/homebrew/opt/ggml/lib", "/usr/local/lib")
                : List.of(
                        "/usr/local/lib",
                        "/usr/lib/" + ARCHITECTURE + "-linux-gnu",
                        "/usr/lib64",
                        "/usr/lib",
                        "/home/linuxbrew/.linuxbrew/lib");
    }

    private static @Nullable Path library(String folder, String name) {
        for (String suffix : MAC ? List.of(".dylib") : List.of(".so", ".so.0")) {
            Path file = Path.of(folder, name + suffix);
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        return null;
    }

    @SuppressWarnings("restricted") // loading a native library is what this is for
    private static SymbolLookup open(List<Path> paths) throws UnusableLibraryException {
        SymbolLookup symbols = name -> java.util.Optional.empty();
        for (Path path : paths) {
            try {
                symbols = symbols.or(SymbolLookup.libraryLookup(path, Arena.global()));
            } catch (IllegalArgumentException e) {
                throw new UnusableLibraryException(whyNot(path));
            }
        }
        return symbols;
    }

    /** The linker does not say what it missed; the usual case can be found out. */
    @SuppressWarnings("restricted") // tries whether a library of the system's can be loaded
    private static String whyNot(Path path) {
        if (!Files.isReadable(path)) {
            return "there is no readable " + path;
        }
        if (!MAC) {
            try {
                SymbolLookup.libraryLookup("libgomp.so.1", Arena.global());
            } catch (IllegalArgumentException e) {
                return "it needs libgomp.so.1, which this machine lacks:"
                        + " apt-get install libgomp1, dnf install libgomp or apk add libgomp";
            }
        }
        return "the system's linker refuses " + path + " (ldd or otool -L shows what is missing)";
    }

    /** Newer builds keep the code for processors in further files, found by the library itself or in a folder that is named. */
    @SuppressWarnings(
            "restricted") // void ggml_backend_load_all(void), void ggml_backend_load_all_from_path(const char *)
    private static void loadBackends(SymbolLookup symbols, @Nullable String folder) {
        try {
            if (folder != null && symbols.find(Symbol.LOAD_ALL_FROM_PATH).isPresent()) {
                Linker.nativeLinker()
                        .downcallHandle(
                                symbols.findOrThrow(Symbol.LOAD_ALL_FROM_PATH),
                                FunctionDescriptor.ofVoid(ValueLayout.ADDRESS))
                        .invokeExact(Arena.global().allocateFrom(folder));
            } else if (symbols.find(Symbol.LOAD_ALL).isPresent()) {
                Linker.nativeLinker()
                        .downcallHandle(symbols.findOrThrow(Symbol.LOAD_ALL), FunctionDescriptor.ofVoid())
                        .invokeExact();
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private record InFiles(
            String origin, List<Path> paths, @Nullable String backends) implements Candidate {
        @Override
        public SymbolLookup open() throws UnusableLibraryException {
            SymbolLookup symbols = Libraries.open(paths);
            loadBackends(symbols, backends);
            return symbols;
        }
    }

    /** The native library inside the jar {@code de.kherud:llama}: llama.cpp b4916 with ggml, of which only ggml is used. */
    private record Bundled() implements Candidate {
        @Override
        public String origin() {
            return "the library that comes along (llama.cpp b4916)";
        }

        @Override
        public SymbolLookup open() throws UnusableLibraryException {
            String resource = "de/kherud/llama/" + (MAC ? "Mac/" : "Linux/") + ARCHITECTURE
                    + (MAC ? "/libjllama.dylib" : "/libjllama.so");
            try {
                return Libraries.open(List.of(BundledFile.extract(resource)));
            } catch (IOException e) {
                throw new UnusableLibraryException("it cannot be unpacked: " + e.getMessage());
            }
        }
    }
}
