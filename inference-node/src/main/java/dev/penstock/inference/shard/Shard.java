package dev.penstock.inference.shard;

import dev.penstock.inference.gguf.TensorType;

/**
 * The part of one tensor that one node holds: {@code runs} stretches of {@code runBytes}, {@code stride} bytes apart in the file, packed in
 * the node's memory.
 *
 * @param name of the tensor
 * @param split how it was divided
 * @param columns elements per row of this part
 * @param rows of this part; 0 for a vector
 * @param fileOffset first byte in the file
 * @param memoryOffset first byte in the node's memory
 */
public record Shard(
        String name,
        Split split,
        TensorType type,
        long columns,
        long rows,
        long fileOffset,
        long runBytes,
        long stride,
        int runs,
        long memoryOffset) {
    /** How a tensor is divided over the nodes. */
    public enum Split {
        /** Every node holds all of it. */
        WHOLE,
        /** Each node holds some rows: one stretch of the file. */
        ROWS,
        /** Each node holds some columns of every row: as many stretches as rows. */
        COLUMNS
    }

    /** Length in memory. */
    public long bytes() {
        return runBytes * runs;
    }
}
