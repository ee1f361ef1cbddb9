package dev.penstock.inference.node;

import dev.penstock.inference.shard.ShardLoader;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a node runs.
 *
 * @param threads that compute, at least 1
 * @param context positions of the cache; 0 for what the model was made for, but at most 8192
 * @param batch most prompt tokens of one step, 1 to 512
 * @param http where rank 0 serves; other ranks serve nothing
 * @param apiKey that clients must show, or null
 * @param progress told while the weights arrive
 */
public record NodeOptions(
        int threads,
        int context,
        int batch,
        @Nullable InetSocketAddress http,
        @Nullable String apiKey,
        ShardLoader.Progress progress) {
    /** Positions where nothing is said: enough for a conversation, and memory that a laptop has. */
    private static final int DEFAULT_CONTEXT = 8192;

    /** One thread, the model's context, steps of 128 tokens, no API key, no word about progress. */
    public static NodeOptions serving(@Nullable InetSocketAddress http) {
        return new NodeOptions(1, 0, 128, http, null, (bytes, total, nanos) -> {});
    }

    /** The same with a number of threads. */
    public NodeOptions withThreads(int count) {
        return new NodeOptions(count, context, batch, http, apiKey, progress);
    }

    /** The same with a length of context. */
    public NodeOptions withContext(int positions) {
        return new NodeOptions(threads, positions, batch, http, apiKey, progress);
    }

    /** The same with an API key. */
    public NodeOptions withApiKey(@Nullable String key) {
        return new NodeOptions(threads, context, batch, http, key, progress);
    }

    /** The same with someone to tell about progress. */
    public NodeOptions withProgress(ShardLoader.Progress listener) {
        return new NodeOptions(threads, context, batch, http, apiKey, listener);
    }

    int contextFor(int modelContext) {
        return Math.min(modelContext, context > 0 ? context : DEFAULT_CONTEXT);
    }
}
