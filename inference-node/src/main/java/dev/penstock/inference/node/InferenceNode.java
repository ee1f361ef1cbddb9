package dev.penstock.inference.node;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.inference.ggml.Ggml;
import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.GgufFile;
import dev.penstock.inference.gguf.GgufReader;
import dev.penstock.inference.model.Arithmetic;
import dev.penstock.inference.model.GgmlLlama;
import dev.penstock.inference.model.LanguageModel;
import dev.penstock.inference.model.ModelOptions;
import dev.penstock.inference.model.PlainLlama;
import dev.penstock.inference.model.Readiness;
import dev.penstock.inference.model.Steps;
import dev.penstock.inference.parallel.PeerLostException;
import dev.penstock.inference.parallel.RankGroup;
import dev.penstock.inference.serving.Conversation;
import dev.penstock.inference.serving.Engine;
import dev.penstock.inference.serving.OpenAiServer;
import dev.penstock.inference.shard.ShardLoader;
import dev.penstock.inference.shard.ShardPlan;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of a model: loads its shard out of a store and computes; rank 0 also serves HTTP. {@link #start} returns as soon as the plan is
 * made and, on rank 0, the server listens; loading and joining go on behind it, and requests are taken meanwhile.
 */
public final class InferenceNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceNode.class);
    /** What closing waits for the step under way. */
    private static final long CLOSE_SECONDS = 10;

    /** Between two attempts to find together again, where one failed at once or did not last. */
    private static final long PAUSE_SECONDS = 1;

    /** Joins the group; called on the node's own thread, to which the group then belongs. */
    public interface Joining {
        /** Returns when all ranks are there. */
        RankGroup join() throws IOException;
    }

    private final String name;
    private final FileStore store;
    private final StoredFile file;
    private final ShardPlan plan;
    private final NodeOptions options;
    private final ModelOptions modelOptions;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment weights;
    private final ReadTarget target;
    private final ShardLoader loader;
    private final Engine engine;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final Thread thread;
    private @Nullable OpenAiServer server;
    private volatile long loadedBytes;
    private volatile long loadNanos;
    private volatile String compute = "not yet known";
    private volatile NodeStatus.Memory memory = new NodeStatus.Memory(0, 0, 0);
    private volatile @Nullable String failure;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean closing;
    private final CountDownLatch closeAsked = new CountDownLatch(1);

    /** Why the nodes are not together any more; null while they are, or have not yet been. */
    private volatile @Nullable String parted;

    private InferenceNode(
            FileStore store, StoredFile file, GgufFile header, ShardPlan plan, NodeOptions options, Joining joining)
            throws IOException, GgufException {
        this.store = store;
        this.file = file;
        this.plan = plan;
        this.options = options;
        this.name = file.path().substring(file.path().lastIndexOf('/') + 1).replaceFirst("\\.gguf$", "");
        this.modelOptions = new ModelOptions(
                options.threads(), options.contextFor(plan.shape().context()), options.batch());
        var conversation = new Conversation(header.metadata());
        this.engine = new Engine(conversation.vocabulary());
        this.weights = Regions.map(plan.bytes(), arena);
        this.target = store.target(weights);
        this.thread =
                Thread.ofPlatform().name("inference-" + plan.rank()).daemon().unstarted(() -> run(joining));
        InetSocketAddress http = options.http();
        if (plan.rank() == 0 && http != null) {
            server = new OpenAiServer(http, served(conversation));
        }
        this.loader = ShardLoader.start(file, plan, target, this::arrived);
    }

    /**
     * Plans and starts a node.
     *
     * @param store that has the model; stays the caller's, and open as long as the node
     * @param path of the model file in the store
     * @param rank of this node, from 0
     * @param size number of nodes
     * @param joining how the nodes find together; for one node, {@code SingleRank::new}
     * @throws GgufException where the file is no model that is understood, or it cannot be divided over so many nodes
     * @throws IOException where the store fails, or the HTTP address is taken
     */
    public static InferenceNode start(
            FileStore store, String path, int rank, int size, Joining joining, NodeOptions options)
            throws IOException, GgufException {
        StoredFile file = store.open(path);
        try {
            GgufFile header;
            try (var source = new StoredSource(store, file)) {
                header = GgufReader.read(source);
            }
            var node = new InferenceNode(store, file, header, ShardPlan.of(header, rank, size), options, joining);
            node.thread.start();
            return node;
        } catch (IOException | GgufException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** What this node holds. */
    public ShardPlan plan() {
        return plan;
    }

    /** Where rank 0 serves, or null. */
    public @Nullable InetSocketAddress httpAddress() {
        return server == null ? null : server.address();
    }

    /** Completes when all nodes are together and this one's weights are in memory; fails with the reason where that does not come about. */
    public CompletableFuture<Void> ready() {
        return ready;
    }

    /**
     * Completes when the node has ended: after {@link #close}, or on other ranks than 0 after rank 0 has; fails where it can do nothing any
     * more. A node that was lost is waited for.
     */
    public CompletableFuture<Void> ended() {
        return ended;
    }

    /** What it is doing. */
    public NodeStatus status() {
        String reason = failure;
        boolean done = ready.isDone() && !ready.isCompletedExceptionally();
        String apart = parted;
        String state =
                reason != null ? "failed" : closing ? "closed" : apart != null ? "waiting" : done ? "ready" : "loading";
        FileStore.Traffic traffic = store.traffic();
        return new NodeStatus(
                name,
                plan.rank(),
                plan.size(),
                state,
                reason != null ? reason : apart,
                compute,
                plan.fileBytes(),
                loadedBytes,
                traffic.placed(),
                traffic.staged(),
                traffic.copied(),
                loadNanos / 1e9,
                loadNanos == 0 ? 0 : (double) loadedBytes / loadNanos,
                memory,
                figures());
    }

    private OpenAiServer.Served served(Conversation conversation) {
        return new OpenAiServer.Served(
                name, modelOptions.context(), conversation, engine, options.apiKey(), this::status, this::waitingFor);
    }

    private @Nullable String waitingFor() {
        if (ready.isDone()) {
            return null;
        }
        return loadedBytes < plan.fileBytes() ? "the weights are being loaded" : "the other nodes are not here yet";
    }

    private void arrived(long bytes, long total, long nanos) {
        loadedBytes = Math.max(loadedBytes, bytes);
        loadNanos = nanos;
        options.progress().arrived(bytes, total, nanos);
    }

    private void run(Joining joining) {
        try {
            long begun = System.nanoTime();
            while (!together(joining)) {
                if (System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(PAUSE_SECONDS)) {
                    pause(); // a group that breaks as soon as it stands is not to keep a processor busy
                }
                begun = System.nanoTime();
            }
            ended.complete(null);
        } catch (IOException | RuntimeException | Error e) {
            if (closing) {
                ended.complete(null);
            } else {
                fail(Objects.requireNonNullElse(e.getMessage(), e.toString()), e);
                ended.completeExceptionally(e);
            }
        }
    }

    /**
     * Finds together with the other nodes and computes with them, to the end or until one is lost. The weights stay: when that node or its
     * cable is back, the group forms anew.
     *
     * @return whether that was all
     */
    private boolean together(Joining joining) throws IOException {
        try (RankGroup group = join(joining);
                LanguageModel model = model(group)) {
            if (parted != null) {
                LOG.info("node {}: all {} nodes are together again", plan.rank(), plan.size());
                parted = null;
            }
            memory = memory(model);
            if (!ready.isDone()) {
                loader.done().whenComplete(this::loaded);
            }
            if (plan.rank() == 0) {
                engine.run(new Steps.Leader(model, group));
            } else {
                Steps.follow(model, group, () -> closing);
            }
            memory = memory(model);
            return true;
        } catch (PeerLostException e) {
            if (closing) {
                return true;
            }
            parted = e.getMessage() + "; waiting until all nodes are together again";
            LOG.warn("node {}: {}", plan.rank(), parted);
            engine.fail(parted);
            return false;
        }
    }

    /** The first time a node that does not come is an error; later it is waited for, with attempts of minutes each. */
    private RankGroup join(Joining joining) throws IOException {
        while (true) {
            try {
                return joining.join();
            } catch (IOException e) {
                if (parted == null || closing) {
                    throw e;
                }
                LOG.warn("node {}: {}", plan.rank(), e.getMessage());
                pause();
            }
        }
    }

    private void pause() throws IOException {
        try {
            if (closeAsked.await(PAUSE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("the node is shutting down");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void loaded(ShardLoader.@Nullable Result result, @Nullable Throwable thrown) {
        if (result != null) {
            loadedBytes = result.bytes();
            loadNanos = result.nanos();
            LOG.info("loaded {} bytes in {} s", result.bytes(), result.nanos() / 1e9);
            ready.complete(null);
        } else if (!closing && thrown != null) {
            fail("the model could not be loaded: " + thrown.getMessage(), thrown);
        }
    }

    private void fail(String reason, Throwable thrown) {
        failure = reason;
        LOG.error("node {} has failed: {}", plan.rank(), reason);
        engine.fail(reason);
        ready.completeExceptionally(thrown);
    }

    private static NodeStatus.Memory memory(LanguageModel model) {
        LanguageModel.Memory m = model.memory();
        return new NodeStatus.Memory(m.weights(), m.cache(), m.scratch());
    }

    private NodeStatus.Served figures() {
        var f = engine.statistics().figures();
        return new NodeStatus.Served(
                f.requests(),
                f.promptTokens(),
                f.completionTokens(),
                f.lastFirstTokenMillis(),
                f.lastTokensPerSecond());
    }

    private LanguageModel model(RankGroup group) {
        Readiness readiness = Readiness.of(loader);
        return switch (Ggml.load()) {
            case Ggml.Available(String origin, String device) -> {
                compute = "ggml, " + origin + ", on " + device;
                yield new GgmlLlama(plan, weights, readiness, group, modelOptions);
            }
            case Ggml.Unavailable(String reason) -> {
                compute = "plain Java";
                LOG.warn("plain Java computes, which is slow: {}", reason);
                yield new PlainLlama(plan, weights, readiness, group, modelOptions, Arithmetic.EXACT);
            }
        };
    }

    /** Ends the requests and the node; returns when its thread has ended, or after ten seconds. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        closing = true;
        closeAsked.countDown();
        engine.stop();
        try {
            // A follower hears from its leader twice a second, and ends then.
            thread.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
            engine.fail("the node is shutting down");
            if (server != null) {
                server.close();
            }
            file.close();
            loader.done().handle((result, thrown) -> null).get(CLOSE_SECONDS, TimeUnit.SECONDS);
            if (!thread.isAlive()) {
                target.close();
                arena.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            LOG.warn("closing node {}: {}", plan.rank(), e.toString());
        }
    }
}
