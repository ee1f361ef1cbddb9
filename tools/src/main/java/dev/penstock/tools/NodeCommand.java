package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.collective.CollectiveBootstrap;
import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.node.InferenceNode;
import dev.penstock.inference.node.NodeOptions;
import dev.penstock.inference.node.NodeStatus;
import dev.penstock.inference.parallel.CollectiveRanks;
import dev.penstock.inference.parallel.RankGroup;
import dev.penstock.inference.parallel.SingleRank;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.RdmaDevices;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One inference node: loads its shards of a model from a store, and serves with its peers. */
@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        description = "Loads this node's shards of a model from a store and serves it, alone or with peers.",
        footer = {
            "",
            "With peers, start one node per machine with the same --model, the same order of --peers and a --rank of its",
            "own; the node of rank 0 serves the OpenAI-compatible API. penstock fabric plan prints the --peers of machines",
            "with a cable for each pair. Nodes that share a --secret-file let nobody else take part."
        })
final class NodeCommand implements Callable<Integer> {
    @Option(
            names = "--store",
            required = true,
            paramLabel = "URL",
            description = "smb://USER@HOST:PORT/SHARE, or a folder.")
    private String store = "";

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "The GGUF file, from the store's root.")
    private String model = "";

    @Mixin
    private Stores stores = new Stores();

    @Mixin
    private Peers peers = new Peers();

    @Option(
            names = "--http",
            paramLabel = "PORT",
            description = "Where rank 0 serves, PORT or ADDR:PORT; by default 8080 on loopback.")
    private @Nullable String http;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads that compute; by default one per processor.")
    private int threads;

    @Option(
            names = "--context",
            paramLabel = "TOKENS",
            defaultValue = "0",
            description = "By default the model's own, 8192 at most.")
    private int context;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "Its first line is the key that HTTP clients must show.")
    private @Nullable Path apiKeyFile;

    @Override
    public Integer call() throws IOException {
        Peers.@Nullable Group group = group();
        byte[] secret = peers.secret();
        if (group != null) {
            // The first of them waits for the others, for as long as it takes: whoever started it sees what for.
            System.out.println("joins: rank " + group.rank() + " of " + group.size() + " by "
                    + group.ways().stream().distinct().map(Object::toString).collect(Collectors.joining(", ")));
        }
        var progress = new ProgressBar("node " + peers.rank());
        try (FileStore files = stores.open(store);
                Device device = group == null ? RdmaDevices.iwarp() : group.open();
                var node = InferenceNode.start(
                        files,
                        model,
                        peers.rank(),
                        peers.size(),
                        () -> join(device, group, secret),
                        options(progress))) {
            await(node, progress);
            return 0;
        } catch (GgufException e) {
            throw new UserError(model + ": " + e.getMessage());
        }
    }

    /** The others; null where there are none. */
    private Peers.@Nullable Group group() throws IOException {
        peers.checkRank();
        if (!peers.some()) {
            return null;
        }
        var group = peers.group();
        peers.warn(group);
        return group;
    }

    private static RankGroup join(Device device, Peers.@Nullable Group group, byte[] secret) throws IOException {
        if (group == null) {
            return new SingleRank();
        }
        return new CollectiveRanks(CollectiveBootstrap.listen(device, group.listening())
                .join(CollectiveRanks.OPTIONS, group.rank(), group.addresses(), secret));
    }

    private NodeOptions options(ProgressBar progress) throws IOException {
        String where = http == null ? "127.0.0.1:8080" : http.indexOf(':') < 0 ? "127.0.0.1:" + http : http;
        int count = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        if (threads < 0 || context < 0) {
            throw new UserError("--threads and --context cannot be negative");
        }
        String key = apiKeyFile == null ? null : UsersFile.password(apiKeyFile, "the API");
        return NodeOptions.serving(peers.rank() == 0 ? Addresses.parse("--http", where) : null)
                .withThreads(count)
                .withContext(context)
                .withApiKey(key)
                .withProgress(progress::show);
    }

    private void await(InferenceNode node, ProgressBar progress) throws IOException {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            node.close();
                            Runtime.getRuntime().halt(0);
                        },
                        "stop"));
        try {
            node.ready().get();
            progress.end();
            System.out.println(summary(node.status()));
            if (node.httpAddress() != null) {
                System.out.println("ready: http://" + Addresses.show(node.httpAddress()) + "/v1");
            } else {
                System.out.println("ready: rank " + peers.rank());
            }
            System.out.flush();
            untilEnded(node);
        } catch (ExecutionException e) {
            progress.end();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException("node " + peers.rank() + ": " + Main.describe(cause), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for the end. Rank 0 stays when it cannot compute any more: it answers every request with a clear refusal until it is stopped,
     * rather than leave clients with a port that nobody listens on.
     */
    private void untilEnded(InferenceNode node) throws ExecutionException, InterruptedException {
        try {
            node.ended().get();
        } catch (ExecutionException e) {
            if (node.httpAddress() == null) {
                throw e;
            }
            Throwable cause = e.getCause() == null ? e : e.getCause();
            System.err.println(
                    "penstock: node 0: " + Main.describe(cause) + "; requests are refused until it is restarted");
            new CountDownLatch(1).await();
        }
    }

    /** What was loaded, in one line that a script can read too. */
    private static String summary(NodeStatus s) {
        return String.format(
                Locale.ROOT,
                "loaded: rank=%d bytes=%d placed=%d staged=%d copied=%d seconds=%.3f GB/s=%.3f memory=%d",
                s.rank(),
                s.bytesLoaded(),
                s.bytesPlaced(),
                s.bytesStaged(),
                s.bytesCopied(),
                s.loadSeconds(),
                s.loadGigabytesPerSecond(),
                s.memory().weights() + s.memory().cache() + s.memory().scratch());
    }
}
