package dev.penstock.inference.ggml;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The processor as ggml sees it, with a number of threads, and the memory that it may work on. Belongs to one thread.
 */
public final class Backend implements AutoCloseable {
    /**
     * One computation at a time in a process: up to the builds of spring 2025 all matrix products share one counter of work done
     * (sgemm.cpp), and two computations side by side give wrong results.
     */
    private static final ReentrantLock COMPUTING = new ReentrantLock();

    private static final int USAGE_WEIGHTS = 1;
    private static final int USAGE_ANY = 0;

    /** Memory of the caller's that tensors may lie in. */
    public record Buffer(MemorySegment pointer, MemorySegment memory) {}

    private final MemorySegment backend;
    private final MemorySegment allocator;
    /** Room for {@code struct ggml_threadpool_params}, whose 528 bytes the library fills itself. */
    private static final long THREADPOOL_PARAMS_BYTES = 4096;

    private final MemorySegment threadpool;
    private final List<MemorySegment> buffers = new ArrayList<>();
    private long workspaceBytes;
    private int generation;

    /**
     * Starts the backend of the library that {@link Ggml#load} has found.
     *
     * @param threads that compute, the calling one included
     */
    public Backend(int threads) {
        try {
            backend = (MemorySegment) Calls.DEV_INIT.invokeExact(Ggml.chosen().device(), MemorySegment.NULL);
            Calls.SET_N_THREADS.invokeExact(backend, threads);
            threadpool = threads > 1 ? threadpool(threads) : MemorySegment.NULL;
            var bufferType = (MemorySegment) Calls.GET_DEFAULT_BUFFER_TYPE.invokeExact(backend);
            allocator = (MemorySegment) Calls.GALLOCR_NEW.invokeExact(bufferType);
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Threads that wait for the next graph, where the library lets us keep some; else null, and it sees to threads itself. */
    private MemorySegment threadpool(int threads) throws Throwable {
        MethodHandle init = Calls.THREADPOOL_PARAMS_INIT;
        MethodHandle create = Calls.THREADPOOL_NEW;
        MethodHandle set = Calls.SET_THREADPOOL;
        if (init == null || create == null || set == null || Calls.THREADPOOL_FREE == null) {
            return MemorySegment.NULL;
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(THREADPOOL_PARAMS_BYTES, 16);
            init.invokeExact(params, threads);
            var pool = (MemorySegment) create.invokeExact(params);
            if (pool.address() != 0) {
                set.invokeExact(backend, pool);
            }
            return pool;
        }
    }

    /**
     * Makes memory usable in place, without a copy. It must be aligned to pages and outlive this backend.
     *
     * @param weights whether it holds what graphs only read
     */
    public Buffer wrap(MemorySegment memory, boolean weights) {
        try {
            var buffer = (MemorySegment) Calls.DEV_BUFFER_FROM_HOST_PTR.invokeExact(
                    Ggml.chosen().device(), memory, memory.byteSize(), memory.byteSize());
            Calls.BUFFER_SET_USAGE.invokeExact(buffer, weights ? USAGE_WEIGHTS : USAGE_ANY);
            buffers.add(buffer);
            return new Buffer(buffer, memory);
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Bytes of intermediate results, shared by all graphs. */
    public long workspaceBytes() {
        return workspaceBytes;
    }

    /** Grows by one whenever the shared memory for intermediate results was moved, which makes earlier graphs unusable. */
    int generation() {
        return generation;
    }

    /** Finds room for the intermediate results of a graph. */
    void allocate(MemorySegment graph) {
        try {
            if (!(boolean) Calls.GALLOCR_ALLOC_GRAPH.invokeExact(allocator, graph)) {
                throw new OutOfMemoryError("ggml found no memory for a graph");
            }
            long bytes = (long) Calls.GALLOCR_GET_BUFFER_SIZE.invokeExact(allocator, 0);
            if (bytes != workspaceBytes) {
                workspaceBytes = bytes;
                generation++;
            }
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    void compute(MemorySegment graph) {
        COMPUTING.lock();
        try {
            int status = (int) Calls.GRAPH_COMPUTE.invokeExact(backend, graph);
            if (status != 0) {
                throw new IllegalStateException("ggml failed to compute a graph: status " + status);
            }
        } catch (Throwable e) {
            throw Calls.failure(e);
        } finally {
            COMPUTING.unlock();
        }
    }

    /** A context that describes so many tensors and, where {@code graphNodes} is not 0, one graph. */
    static MemorySegment context(int tensors, int graphNodes) {
        try (var arena = Arena.ofConfined()) {
            long bytes = tensors * (long) Calls.TENSOR_OVERHEAD.invokeExact();
            if (graphNodes > 0) {
                bytes += (long) Calls.GRAPH_OVERHEAD_CUSTOM.invokeExact((long) graphNodes, false);
            }
            return (MemorySegment) Calls.INIT.invokeExact(Symbol.Struct.initParams(bytes, arena));
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }

    /** Ends it; the memory that was wrapped stays the caller's. */
    @Override
    public void close() {
        try {
            Calls.GALLOCR_FREE.invokeExact(allocator);
            for (MemorySegment buffer : buffers) {
                Calls.BUFFER_FREE.invokeExact(buffer);
            }
            Calls.BACKEND_FREE.invokeExact(backend);
            MethodHandle free = Calls.THREADPOOL_FREE;
            if (free != null && threadpool.address() != 0) {
                free.invokeExact(threadpool);
            }
        } catch (Throwable e) {
            throw Calls.failure(e);
        }
    }
}
