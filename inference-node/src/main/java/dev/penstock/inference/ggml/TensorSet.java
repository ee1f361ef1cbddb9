package dev.penstock.inference.ggml;

import dev.penstock.inference.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** Tensors that lie in memory for as long as a model lives: weights, and the cache of keys and values. Belongs to one thread. */
public final class TensorSet implements AutoCloseable {
    private final MemorySegment context;

    /** A set of at most {@code capacity} tensors. */
    public TensorSet(int capacity) {
        context = Backend.context(capacity, 0);
    }

    /**
     * A matrix, or with {@code rows} 0 a vector, in wrapped memory.
     *
     * @param at where in the buffer's memory it begins, in bytes, a multiple of 32
     */
    public Tensor place(Backend.Buffer buffer, long at, TensorType type, long columns, long rows) {
        return place(context, buffer, at, type, columns, rows);
    }

    static Tensor place(
            MemorySegment context, Backend.Buffer buffer, long at, TensorType type, long columns, long rows) {
        try {
            MemorySegment memory = buffer.memory().asSlice(at, type.bytes(columns) * Math.max(1, rows));
            var tensor = rows == 0
                    ? (MemorySegment) Calls.NEW_TENSOR_1D.invokeExact(context, type.id(), columns)
                    : (MemorySegment) Calls.NEW_TENSOR_2D.invokeExact(context, type.id(), columns, rows);
            Calls.TENSOR_ALLOC.invokeExact(buffer.pointer(), tensor, memory);
            return new Tensor(tensor);
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    @Override
    public void close() {
        try {
            Calls.FREE.invokeExact(context);
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }
}
