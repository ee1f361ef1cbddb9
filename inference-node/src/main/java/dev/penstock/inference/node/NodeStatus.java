package dev.penstock.inference.node;

import org.jspecify.annotations.Nullable;

/**
 * What a node is doing, for people and tools.
 *
 * @param state {@code loading}, {@code ready}, {@code waiting} for a node that was lost, {@code failed} or {@code closed}
 * @param failure why it failed or waits, or null
 * @param compute what computes: a ggml library and its device, or plain Java
 * @param bytesTotal of the file that this node holds
 * @param bytesLoaded of them so far
 * @param bytesPlaced by RDMA, straight into place, on the whole store
 * @param bytesStaged by RDMA, into a buffer from which the node's part was gathered, on the whole store
 * @param bytesCopied through messages, on the whole store
 * @param loadSeconds from the first request to the last answer; so far while loading
 * @param loadGigabytesPerSecond 10^9 bytes
 */
public record NodeStatus(
        String model,
        int rank,
        int size,
        String state,
        @Nullable String failure,
        String compute,
        long bytesTotal,
        long bytesLoaded,
        long bytesPlaced,
        long bytesStaged,
        long bytesCopied,
        double loadSeconds,
        double loadGigabytesPerSecond,
        Memory memory,
        Served served) {
    /**
     * Memory of this node, in bytes.
     *
     * @param weights of its shard
     * @param cache of keys and values, when full
     * @param scratch of intermediate results
     */
    public record Memory(long weights, long cache, long scratch) {}

    /**
     * What rank 0 has answered.
     *
     * @param lastFirstTokenMillis from the arrival of the last request to its first token
     * @param lastTokensPerSecond of the last answer, from its first token on
     */
    public record Served(
            long requests,
            long promptTokens,
            long completionTokens,
            double lastFirstTokenMillis,
            double lastTokensPerSecond) {}
}
