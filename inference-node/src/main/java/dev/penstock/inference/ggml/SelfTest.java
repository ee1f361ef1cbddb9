package dev.penstock.inference.ggml;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.penstock.memory.Regions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;

/**
 * Tries a library before anything is entrusted to it: all symbols are there, a matrix in memory that Java mapped is multiplied with the
 * right result and without a copy, and the tensor structure, whose layout is nobody's promise, keeps its data pointer where it is looked
 * for. Used once per candidate; the handles are its own.
 */
final class SelfTest {
    private static final int F32 = 0;
    private static final int ROWS = 3;
    private static final int COLUMNS = 32;
    /** Room for the descriptions of a handful of tensors and one small graph. */
    private static final long CONTEXT_BYTES = 1 << 20;

    private final SymbolLookup library;

    private SelfTest(SymbolLookup library) {
        this.library = library;
    }

    static Ggml.Library run(SymbolLookup library) throws UnusableLibraryException {
        var missing = new ArrayList<String>();
        for (Symbol symbol : Symbol.all()) {
            if (library.find(symbol.cName()).isEmpty()) {
                missing.add(symbol.cName());
            }
        }
        if (!missing.isEmpty()) {
            throw new UnusableLibraryException("it lacks " + String.join(", ", missing));
        }
        try (var arena = Arena.ofConfined()) {
            return new SelfTest(library).compute(arena);
        } catch (UnusableLibraryException e) {
            throw e;
        } catch (Throwable e) {
            throw new UnusableLibraryException("its test failed: " + e);
        }
    }

    private Ggml.Library compute(Arena arena) throws Throwable {
        var device = (MemorySegment) Symbol.DEV_BY_TYPE.in(library).invokeExact(0); // GGML_BACKEND_DEVICE_TYPE_CPU
        if (device.address() == 0) {
            throw new UnusableLibraryException("it has no code for this processor");
        }
        var registry = (MemorySegment) Symbol.DEV_BACKEND_REG.in(library).invokeExact(device);
        var setThreads = (MemorySegment)
                Symbol.REG_GET_PROC_ADDRESS.in(library).invokeExact(registry, arena.allocateFrom(Symbol.SET_N_THREADS));
        if (setThreads.address() == 0) {
            throw new UnusableLibraryException("it does not let the number of threads be set");
        }
        var backend = (MemorySegment) Symbol.DEV_INIT.in(library).invokeExact(device, MemorySegment.NULL);
        var context =
                (MemorySegment) Symbol.INIT.in(library).invokeExact(Symbol.Struct.initParams(CONTEXT_BYTES, arena));
        MemorySegment memory = Regions.map(Regions.PAGE, arena);
        var buffer = (MemorySegment) Symbol.DEV_BUFFER_FROM_HOST_PTR
                .in(library)
                .invokeExact(device, memory, memory.byteSize(), memory.byteSize());
        long dataOffset = multiply(backend, context, buffer, memory);
        Symbol.BUFFER_FREE.in(library).invokeExact(buffer);
        Symbol.FREE.in(library).invokeExact(context);
        Symbol.BACKEND_FREE.in(library).invokeExact(backend);
        return new Ggml.Library(library, device, text(device), setThreads, dataOffset);
    }

    /** Multiplies, moves the vector's data pointer, and multiplies again. */
    private long multiply(MemorySegment backend, MemorySegment context, MemorySegment buffer, MemorySegment memory)
            throws Throwable {
        MemorySegment matrix = memory.asSlice(0, 4L * ROWS * COLUMNS);
        MemorySegment first = memory.asSlice(4096, 4L * COLUMNS);
        MemorySegment second = memory.asSlice(8192, 4L * COLUMNS);
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            matrix.setAtIndex(JAVA_FLOAT, i, i % 7 - 3);
        }
        for (int i = 0; i < COLUMNS; i++) {
            first.setAtIndex(JAVA_FLOAT, i, i);
            second.setAtIndex(JAVA_FLOAT, i, 1 - i);
        }
        var a = (MemorySegment) Symbol.NEW_TENSOR_2D.in(library).invokeExact(context, F32, (long) COLUMNS, (long) ROWS);
        var b = (MemorySegment) Symbol.NEW_TENSOR_1D.in(library).invokeExact(context, F32, (long) COLUMNS);
        Symbol.TENSOR_ALLOC.in(library).invokeExact(buffer, a, matrix);
        Symbol.TENSOR_ALLOC.in(library).invokeExact(buffer, b, first);
        var product = (MemorySegment) Symbol.MUL_MAT.in(library).invokeExact(context, a, b);
        Symbol.SET_OUTPUT.in(library).invokeExact(product);
        var graph = (MemorySegment) Symbol.NEW_GRAPH_CUSTOM.in(library).invokeExact(context, 8L, false);
        Symbol.BUILD_FORWARD_EXPAND.in(library).invokeExact(graph, product);
        var bufferType =
                (MemorySegment) Symbol.GET_DEFAULT_BUFFER_TYPE.in(library).invokeExact(backend);
        var allocator = (MemorySegment) Symbol.GALLOCR_NEW.in(library).invokeExact(bufferType);
        if (!(boolean) Symbol.GALLOCR_ALLOC_GRAPH.in(library).invokeExact(allocator, graph)) {
            throw new UnusableLibraryException("it cannot allocate a graph");
        }
        long dataOffset = dataOffset(a, matrix, b, first);
        computeAndCheck(backend, graph, product, matrix, first);
        reinterpret(b, dataOffset + 8).set(ADDRESS, dataOffset, second);
        computeAndCheck(backend, graph, product, matrix, second);
        Symbol.GALLOCR_FREE.in(library).invokeExact(allocator);
        return dataOffset;
    }

    private long dataOffset(MemorySegment a, MemorySegment aData, MemorySegment b, MemorySegment bData)
            throws Throwable {
        long size = (long) Symbol.TENSOR_OVERHEAD.in(library).invokeExact();
        MemorySegment aStruct = reinterpret(a, size);
        MemorySegment bStruct = reinterpret(b, size);
        for (long at = 0; at + 8 <= size; at += 8) {
            if (aStruct.get(ADDRESS, at).address() == aData.address()
                    && bStruct.get(ADDRESS, at).address() == bData.address()) {
                return at;
            }
        }
        throw new UnusableLibraryException("its tensors do not keep their data where they are told to");
    }

    private void computeAndCheck(
            MemorySegment backend,
            MemorySegment graph,
            MemorySegment product,
            MemorySegment matrix,
            MemorySegment vector)
            throws Throwable {
        int status = (int) Symbol.GRAPH_COMPUTE.in(library).invokeExact(backend, graph);
        var data = (MemorySegment) Symbol.GET_DATA.in(library).invokeExact(product);
        MemorySegment result = reinterpret(data, 4L * ROWS);
        for (int row = 0; row < ROWS; row++) {
            float expected = 0;
            for (int i = 0; i < COLUMNS; i++) {
                expected += matrix.getAtIndex(JAVA_FLOAT, row * COLUMNS + i) * vector.getAtIndex(JAVA_FLOAT, i);
            }
            float actual = result.getAtIndex(JAVA_FLOAT, row);
            if (status != 0 || Math.abs(actual - expected) > 1e-3f) {
                throw new UnusableLibraryException(
                        "it computes " + actual + " where " + expected + " is right (status " + status + ")");
            }
        }
    }

    private String text(MemorySegment device) throws Throwable {
        var description = (MemorySegment) Symbol.DEV_DESCRIPTION.in(library).invokeExact(device);
        return reinterpret(description, 256).getString(0);
    }

    @SuppressWarnings("restricted") // lengths are those of the structures that ggml just answered
    private static MemorySegment reinterpret(MemorySegment pointer, long bytes) {
        return pointer.reinterpret(bytes);
    }
}
