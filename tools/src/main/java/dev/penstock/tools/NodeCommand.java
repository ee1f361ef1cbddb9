package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.collective.Collective;
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
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
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
            "With peers, start one node per machine with the same --peers and --model and a --rank of its own; the node",
            "of rank 0 serves the OpenAI-compatible API. Nodes that share a --secret-file let nobody else take part."
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

    @Option(
            names = "--peers",
            paramLabel = "ADDR:PORT",
            split = ",",
            description = "All nodes in the order of their ranks, this one among them, separated by commas.")
    private List<String> peers = List.of();

    @Option(
            names = "--rank",
            paramLabel = "N",
            defaultValue = "0",
            description = "This node's place in --peers, from 0.")
    private int rank;

    @Option(
            names = "--rdma-provider",
            paramLabel = "auto|iwarp|verbs|thunderbolt",
            description = "What the nodes speak to each other by, the same on all; by default the adapter that has this"
                    + " node's address in --peers, if one has, else iWARP in user space.")
    private String rdmaProvider = RdmaDevices.AUTO;

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

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description = "Its contents prove that a peer belongs to this group.")
    private @Nullable Path secretFile;

    @Override
    public Integer call() throws IOException {
        List<InetSocketAddress> addresses =
                peers.stream().map(p -> Addresses.parse("--peers", p)).toList();
        int size = Math.max(1, addresses.size());
        if (rank < 0 || rank >= size) {
            throw new UserError("--rank is from 0 to " + (size - 1) + ": there are " + size + " in --peers");
        }
        if (size > 1 && secretFile == null && !addresses.get(rank).getAddress().isLoopbackAddress()) {
            System.err.println("penstock: without --secret-file anybody who reaches "
                    + Addresses.show(addresses.get(rank)) + " can take a rank, and none of what the nodes tell each"
                    + " other is encrypted");
        }
        byte[] secret = secretFile == null ? new byte[0] : Files.readAllBytes(secretFile);
        var progress = new ProgressBar("node " + rank);
        try (FileStore files = stores.open(store);
                Device device = device(addresses);
                var node = InferenceNode.start(
                        files, model, rank, size, () -> join(device, addresses, secret), options(progress))) {
            await(node, progress);
            return 0;
        } catch (GgufException e) {
            throw new UserError(model + ": " + e.getMessage());
        }
    }

    private Device device(List<InetSocketAddress> addresses) throws IOException {
        return addresses.size() < 2
                ? RdmaDevices.iwarp()
                : RdmaDevices.at(addresses.get(rank).getAddress(), rdmaProvider);
    }

    private RankGroup join(Device device, List<InetSocketAddress> addresses, byte[] secret) throws IOException {
        return addresses.size() < 2
                ? new SingleRank()
                : new CollectiveRanks(Collective.join(device, CollectiveRanks.OPTIONS, rank, addresses, secret));
    }

    private NodeOptions options(ProgressBar progress) throws IOException {
        String where = http == null ? "127.0.0.1:8080" : http.indexOf(':') < 0 ? "127.0.0.1:" + http : http;
        int count = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        if (threads < 0 || context < 0) {
            throw new UserError("--threads and --context cannot be negative");
        }
        String key = apiKeyFile == null ? null : UsersFile.password(apiKeyFile, "the API");
        return NodeOptions.serving(rank == 0 ? Addresses.parse("--http", where) : null)
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
                System.out.println("ready: rank " + rank);
            }
            System.out.flush();
            untilEnded(node);
        } catch (ExecutionException e) {
            progress.end();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException("node " + rank + ": " + Main.describe(cause), cause);
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
