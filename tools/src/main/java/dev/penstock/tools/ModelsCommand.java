package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.cache.store.WritableStore;
import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.GgufFile;
import dev.penstock.inference.gguf.GgufReader;
import dev.penstock.inference.gguf.Metadata;
import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorInfo;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.node.StoredSource;
import dev.penstock.inference.shard.ShardPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks at the models of a store, and makes one to try things with. */
@Command(
        name = "models",
        mixinStandardHelpOptions = true,
        description = "Lists, explains, stores and makes model files.")
final class ModelsCommand implements Runnable {
    private static final int MOST_FOLDERS = 100_000;
    private static final double GIB = 1 << 30;

    @Override
    public void run() {
        throw new UserError(
                "say what to do: penstock models list STORE, info STORE PATH, put FILE --to STORE, or make FILE");
    }

    @Command(mixinStandardHelpOptions = true, description = "Lists the GGUF files of a store.")
    int list(
            @Parameters(paramLabel = "STORE", description = "smb://USER@HOST:PORT/SHARE, or a folder.") String where,
            @Mixin Stores stores)
            throws IOException {
        try (FileStore store = stores.open(where)) {
            var folders = new ArrayDeque<String>();
            folders.add("");
            for (int seen = 0; !folders.isEmpty() && seen < MOST_FOLDERS; seen++) {
                String folder = folders.remove();
                for (FileStore.Entry entry : store.list(folder)) {
                    String path = folder.isEmpty() ? entry.name() : folder + "/" + entry.name();
                    if (entry.folder()) {
                        folders.add(path);
                    } else if (entry.name().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
                        System.out.printf(Locale.ROOT, "%9.3f GiB  %s%n", entry.size() / GIB, path);
                    }
                }
            }
        }
        return 0;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Explains a model: its shape, its types, and what each of N nodes would hold.")
    int info(
            @Parameters(paramLabel = "STORE", description = "smb://USER@HOST:PORT/SHARE, or a folder.") String where,
            @Parameters(paramLabel = "PATH", description = "The file, from the store's root.") String path,
            @Option(names = "--nodes", paramLabel = "N", defaultValue = "1", description = "Nodes to divide it among.")
                    int nodes,
            @Mixin Stores stores)
            throws IOException {
        if (nodes < 1 || nodes > ShardPlan.MAX_NODES) {
            throw new UserError("--nodes is from 1 to " + ShardPlan.MAX_NODES);
        }
        try (FileStore store = stores.open(where);
                StoredFile file = store.open(path);
                var source = new StoredSource(store, file)) {
            GgufFile header = GgufReader.read(source);
            print(path, file.size(), header);
            System.out.println(ShardPlan.of(header, 0, nodes).preview());
        } catch (GgufException e) {
            throw new UserError(path + ": " + e.getMessage());
        }
        return 0;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Puts files into a store, by RDMA where it can. A file is seen there only once all of it is on the"
                            + " store's disk; one of the same name is replaced then.")
    int put(
            @Parameters(paramLabel = "FILE", arity = "1..*", description = "Local files.") List<Path> files,
            @Option(
                            names = "--to",
                            required = true,
                            paramLabel = "STORE",
                            description = "smb://USER@HOST:PORT/SHARE, or a folder.")
                    String where,
            @Option(
                            names = "--folder",
                            paramLabel = "PATH",
                            defaultValue = "",
                            description = "The folder there, from the store's root; made where it is missing.")
                    String folder,
            @Mixin Stores stores)
            throws IOException {
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw new UserError(file + " is no file");
            }
        }
        try (WritableStore store = stores.open(where);
                var upload = new Upload(store)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                String path = folder.isEmpty() ? name : folder + "/" + name;
                long placed = store.traffic().placed();
                long start = System.nanoTime();
                upload.put(file, path, new ProgressBar(name));
                double seconds = (System.nanoTime() - start) / 1e9;
                long bytes = Files.size(file);
                String by = store.traffic().placed() - placed >= bytes && bytes > 0 ? ", by RDMA" : "";
                System.out.printf(
                        Locale.ROOT, "%s: %.3f GiB, %.2f GB/s%s%n", path, bytes / GIB, bytes / 1e9 / seconds, by);
            }
        }
        return 0;
    }

    private static void print(String path, long size, GgufFile header) throws GgufException {
        Metadata m = header.metadata();
        System.out.printf(Locale.ROOT, "%s: GGUF version %d, %.3f GiB%n", path, header.version(), size / GIB);
        System.out.printf("name: %s%n", m.text("general.name", "(none)"));
        System.out.printf("architecture: %s%n", m.text("general.architecture", "(none)"));
        System.out.printf("tokenizer: %s%n", m.text("tokenizer.ggml.model", "(none)"));
        Map<TensorType, Long> byType = new EnumMap<>(TensorType.class);
        long parameters = 0;
        for (TensorInfo tensor : header.tensors()) {
            byType.merge(tensor.type(), tensor.elements(), Long::sum);
            parameters += tensor.elements();
        }
        System.out.printf(
                Locale.ROOT,
                "parameters: %,d in %d tensors%n",
                parameters,
                header.tensors().size());
        byType.forEach((type, n) -> System.out.printf(Locale.ROOT, "  %-6s %,d%n", type, n));
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Writes a Llama-shaped model with random weights, the same for the same seed everywhere.")
    int make(
            @Parameters(paramLabel = "FILE", description = "Where to.") Path file,
            @Option(
                            names = "--shape",
                            paramLabel = "NAME",
                            defaultValue = "tiny",
                            description = "tiny, 15m, 110m, 250m, 1b or 7b; ${DEFAULT-VALUE} by default.")
                    String shape,
            @Option(
                            names = "--type",
                            paramLabel = "TYPE",
                            defaultValue = "Q8_0",
                            description = "F32, F16, BF16, Q8_0 or Q4_0; ${DEFAULT-VALUE} by default.")
                    TensorType type,
            @Option(names = "--tokenizer", paramLabel = "KIND", defaultValue = "SPM", description = "SPM or BPE.")
                    ModelSpec.VocabularyKind tokenizer,
            @Option(names = "--seed", paramLabel = "NUMBER", defaultValue = "1") long seed)
            throws IOException {
        try {
            ModelSpec spec = ModelSpec.named(shape, type, seed).withTokenizer(tokenizer);
            ModelMaker.make(file, spec, bytes -> {});
            System.out.printf(
                    Locale.ROOT, "%s: %s, %s, %.3f GiB%n", file, shape, type, ModelMaker.dataBytes(spec) / GIB);
        } catch (IllegalArgumentException e) {
            throw new UserError(Main.describe(e));
        }
        return 0;
    }
}
