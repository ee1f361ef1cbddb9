package dev.penstock.inference.ggml;

import dev.penstock.inference.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A computation: built once with the operations below, given room once, computed as often as wanted. Sizes are in elements unless they
 * say bytes; ggml counts dimensions from the innermost. Belongs to the thread of its backend.
 */
public final class Graph implements AutoCloseable {
    private static final int ROPE_NORMAL = 0;

    private final Backend backend;
    private final MemorySegment context;
    private final MemorySegment graph;
    private int generation = -1;

    /** An empty graph of at most {@code nodes} operations, inputs and views. */
    public Graph(Backend backend, int nodes) {
        this.backend = backend;
        this.context = Backend.context(nodes, nodes);
        try {
            this.graph = (MemorySegment) Calls.NEW_GRAPH_CUSTOM.invokeExact(context, (long) nodes, false);
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** A matrix (with {@code rows} 0: a vector) that the caller fills before computing. */
    public Tensor input(Backend.Buffer buffer, long at, TensorType type, long columns, long rows) {
        return TensorSet.place(context, buffer, at, type, columns, rows);
    }

    /** Lets the result of an operation be written to wrapped memory, instead of somewhere among the intermediate results. */
    public void output(Tensor result, Backend.Buffer buffer, long at) {
        try {
            long bytes = (long) Calls.NBYTES.invokeExact(result.pointer());
            MemorySegment memory = buffer.memory().asSlice(at, bytes);
            Calls.TENSOR_ALLOC.invokeExact(buffer.pointer(), result.pointer(), memory);
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Makes a result part of the graph, after all that was added before it. */
    public void add(Tensor result) {
        try {
            Calls.BUILD_FORWARD_EXPAND.invokeExact(graph, result.pointer());
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Finds room for the intermediate results. May make other graphs of this backend {@linkplain #usable unusable}. */
    public void allocate() {
        backend.allocate(graph);
        generation = backend.generation();
    }

    /** Whether the room found is still there. */
    public boolean usable() {
        return generation == backend.generation();
    }

    /** Computes all results. */
    public void compute() {
        assert usable() : "a graph whose intermediate results have moved";
        backend.compute(graph);
    }

    /** Matrix product: each row of {@code weights} with each row of {@code x}. */
    public Tensor mulMat(Tensor weights, Tensor x) {
        return binary(Calls.MUL_MAT, weights, x);
    }

    /** Element by element; {@code b} is repeated over rows. */
    public Tensor mul(Tensor a, Tensor b) {
        return binary(Calls.MUL, a, b);
    }

    /** Element by element. */
    public Tensor sum(Tensor a, Tensor b) {
        return binary(Calls.ADD, a, b);
    }

    /** Rows of a matrix by their numbers, as F32. */
    public Tensor rows(Tensor matrix, Tensor numbers) {
        return binary(Calls.GET_ROWS, matrix, numbers);
    }

    /** Writes {@code from} over {@code to}; the result is {@code to} afterwards. */
    public Tensor copy(Tensor from, Tensor to) {
        return binary(Calls.CPY, from, to);
    }

    /** Root-mean-square norm of each row, without weights. */
    public Tensor rmsNorm(Tensor x, float epsilon) {
        try {
            return new Tensor((MemorySegment) Calls.RMS_NORM.invokeExact(context, x.pointer(), epsilon));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** {@code silu(gate) * up}, in one operation where the library has it. */
    public Tensor swiglu(Tensor gate, Tensor up) {
        MethodHandle fused = Calls.SWIGLU_SPLIT;
        if (fused != null) {
            return binary(fused, gate, up);
        }
        try {
            return mul(new Tensor((MemorySegment) Calls.SILU.invokeExact(context, gate.pointer())), up);
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /**
     * Rotary position embedding of adjacent pairs, as Llama's converted weights expect it.
     *
     * @param dimensions of each head that are rotated
     * @param factors that divide the frequencies, or null
     * @param scale of positions
     */
    public Tensor rope(
            Tensor x,
            Tensor positions,
            @org.jspecify.annotations.Nullable Tensor factors,
            int dimensions,
            float base,
            float scale) {
        try {
            MemorySegment divide = factors == null ? MemorySegment.NULL : factors.pointer();
            // The last five: no YaRN extrapolation, attention factor 1, and YaRN's two betas, unused then.
            return new Tensor((MemorySegment) Calls.ROPE_EXT.invokeExact(
                    context,
                    x.pointer(),
                    positions.pointer(),
                    divide,
                    dimensions,
                    ROPE_NORMAL,
                    0,
                    base,
                    scale,
                    0f,
                    1f,
                    32f,
                    1f));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Attention of queries over keys and values with a mask that is added to the scores. */
    public Tensor attention(Tensor queries, Tensor keys, Tensor values, Tensor mask, float scale) {
        try {
            return new Tensor((MemorySegment) Calls.FLASH_ATTN_EXT.invokeExact(
                    context, queries.pointer(), keys.pointer(), values.pointer(), mask.pointer(), scale, 0f, 0f));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** So many elements from a byte on, as a vector. */
    public Tensor stretch(Tensor x, long elements, long fromByte) {
        try {
            return new Tensor((MemorySegment) Calls.VIEW_1D.invokeExact(context, x.pointer(), elements, fromByte));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Rows of a matrix without a copy. */
    public Tensor slice(Tensor x, long columns, long rows, long rowBytes, long fromByte) {
        try {
            return new Tensor(
                    (MemorySegment) Calls.VIEW_2D.invokeExact(context, x.pointer(), columns, rows, rowBytes, fromByte));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** The cache of one layer as {@code [width, positions, heads]}, without a copy. */
    public Tensor heads(Tensor cache, long width, long positions, long heads, long rowBytes) {
        try {
            long headBytes = width * Short.BYTES;
            return new Tensor((MemorySegment) Calls.VIEW_3D.invokeExact(
                    context, cache.pointer(), width, positions, heads, rowBytes, headBytes, 0L));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** The same elements with other sizes. */
    public Tensor reshape(Tensor x, long ne0, long ne1) {
        try {
            return new Tensor((MemorySegment) Calls.RESHAPE_2D.invokeExact(context, x.pointer(), ne0, ne1));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** The same elements with other sizes. */
    public Tensor reshape(Tensor x, long ne0, long ne1, long ne2) {
        try {
            return new Tensor((MemorySegment) Calls.RESHAPE_3D.invokeExact(context, x.pointer(), ne0, ne1, ne2));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Swaps the second and the third dimension, without a copy. */
    public Tensor swapMiddle(Tensor x) {
        try {
            return new Tensor((MemorySegment) Calls.PERMUTE.invokeExact(context, x.pointer(), 0, 2, 1, 3));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /**
     * Lets a tensor's data be moved between two computations. This is how one graph serves every position of the cache; the operations
     * that would make it unnecessary came with the versions of August 2025.
     */
    public static final class Movable {
        private final MemorySegment structure;
        private final long dataOffset = Ggml.chosen().dataOffset();

        @SuppressWarnings("restricted") // the structure holds at least what the test of the library has found in it
        private Movable(Tensor tensor) {
            this.structure = tensor.pointer().reinterpret(dataOffset + ValueLayout.ADDRESS.byteSize());
        }

        /** Lets the data begin at {@code target}, which lies in the same buffer as before. */
        public void moveTo(MemorySegment target) {
            structure.set(ValueLayout.ADDRESS, dataOffset, target);
        }
    }

    /** A tensor whose data will be moved. */
    public static Movable movable(Tensor tensor) {
        return new Movable(tensor);
    }

    private Tensor binary(MethodHandle operation, Tensor a, Tensor b) {
        try {
            return new Tensor((MemorySegment) operation.invokeExact(context, a.pointer(), b.pointer()));
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
