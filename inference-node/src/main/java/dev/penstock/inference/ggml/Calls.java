package dev.penstock.inference.ggml;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Handles on the functions of the library that was chosen: static and final, so that the compiler sees through them. Not to be touched
 * before {@link Ggml#load} found a library.
 */
final class Calls {
    private static final SymbolLookup LIBRARY = Ggml.chosen().symbols();

    static final MethodHandle INIT = Symbol.INIT.in(LIBRARY);
    static final MethodHandle FREE = Symbol.FREE.in(LIBRARY);
    static final MethodHandle TENSOR_OVERHEAD = Symbol.TENSOR_OVERHEAD.in(LIBRARY);
    static final MethodHandle GRAPH_OVERHEAD_CUSTOM = Symbol.GRAPH_OVERHEAD_CUSTOM.in(LIBRARY);
    static final MethodHandle NEW_TENSOR_1D = Symbol.NEW_TENSOR_1D.in(LIBRARY);
    static final MethodHandle NEW_TENSOR_2D = Symbol.NEW_TENSOR_2D.in(LIBRARY);
    static final MethodHandle NBYTES = Symbol.NBYTES.in(LIBRARY);
    static final MethodHandle GET_DATA = Symbol.GET_DATA.in(LIBRARY);
    static final MethodHandle SET_OUTPUT = Symbol.SET_OUTPUT.in(LIBRARY);
    static final MethodHandle MUL_MAT = Symbol.MUL_MAT.in(LIBRARY);
    static final MethodHandle RMS_NORM = Symbol.RMS_NORM.in(LIBRARY);
    static final MethodHandle MUL = Symbol.MUL.in(LIBRARY);
    static final MethodHandle ADD = Symbol.ADD.in(LIBRARY);
    static final MethodHandle SILU = Symbol.SILU.in(LIBRARY);
    static final MethodHandle GET_ROWS = Symbol.GET_ROWS.in(LIBRARY);
    static final MethodHandle CPY = Symbol.CPY.in(LIBRARY);
    static final MethodHandle VIEW_1D = Symbol.VIEW_1D.in(LIBRARY);
    static final MethodHandle VIEW_2D = Symbol.VIEW_2D.in(LIBRARY);
    static final MethodHandle VIEW_3D = Symbol.VIEW_3D.in(LIBRARY);
    static final MethodHandle RESHAPE_2D = Symbol.RESHAPE_2D.in(LIBRARY);
    static final MethodHandle RESHAPE_3D = Symbol.RESHAPE_3D.in(LIBRARY);
    static final MethodHandle PERMUTE = Symbol.PERMUTE.in(LIBRARY);
    static final MethodHandle ROPE_EXT = Symbol.ROPE_EXT.in(LIBRARY);
    static final MethodHandle FLASH_ATTN_EXT = Symbol.FLASH_ATTN_EXT.in(LIBRARY);
    static final MethodHandle NEW_GRAPH_CUSTOM = Symbol.NEW_GRAPH_CUSTOM.in(LIBRARY);
    static final MethodHandle BUILD_FORWARD_EXPAND = Symbol.BUILD_FORWARD_EXPAND.in(LIBRARY);
    static final MethodHandle GALLOCR_NEW = Symbol.GALLOCR_NEW.in(LIBRARY);
    static final MethodHandle GALLOCR_FREE = Symbol.GALLOCR_FREE.in(LIBRARY);
    static final MethodHandle GALLOCR_ALLOC_GRAPH = Symbol.GALLOCR_ALLOC_GRAPH.in(LIBRARY);
    static final MethodHandle GALLOCR_GET_BUFFER_SIZE = Symbol.GALLOCR_GET_BUFFER_SIZE.in(LIBRARY);
    static final MethodHandle DEV_INIT = Symbol.DEV_INIT.in(LIBRARY);
    static final MethodHandle DEV_BUFFER_FROM_HOST_PTR = Symbol.DEV_BUFFER_FROM_HOST_PTR.in(LIBRARY);
    static final MethodHandle BACKEND_FREE = Symbol.BACKEND_FREE.in(LIBRARY);
    static final MethodHandle GET_DEFAULT_BUFFER_TYPE = Symbol.GET_DEFAULT_BUFFER_TYPE.in(LIBRARY);
    static final MethodHandle BUFFER_SET_USAGE = Symbol.BUFFER_SET_USAGE.in(LIBRARY);
    static final MethodHandle BUFFER_FREE = Symbol.BUFFER_FREE.in(LIBRARY);
    static final MethodHandle TENSOR_ALLOC = Symbol.TENSOR_ALLOC.in(LIBRARY);
    static final MethodHandle GRAPH_COMPUTE = Symbol.GRAPH_COMPUTE.in(LIBRARY);

    static final @Nullable MethodHandle SWIGLU_SPLIT =
            optional(Symbol.SWIGLU_SPLIT, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    static final @Nullable MethodHandle THREADPOOL_PARAMS_INIT =
            optional(Symbol.THREADPOOL_PARAMS_INIT, FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT));
    static final @Nullable MethodHandle THREADPOOL_NEW =
            optional(Symbol.THREADPOOL_NEW, FunctionDescriptor.of(ADDRESS, ADDRESS));
    static final @Nullable MethodHandle THREADPOOL_FREE =
            optional(Symbol.THREADPOOL_FREE, FunctionDescriptor.ofVoid(ADDRESS));
    static final @Nullable MethodHandle SET_THREADPOOL =
            optional(Symbol.SET_THREADPOOL, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    static final MethodHandle SET_N_THREADS = function(Ggml.chosen().setThreads());

    private Calls() {}

    /** What a handle throws is never checked: ggml answers with values or ends the process. */
    static IllegalStateException failure(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException runtime) {
            throw runtime;
        }
        return new IllegalStateException(thrown);
    }

    @SuppressWarnings("restricted") // the descriptor is the one of ggml's headers
    private static @Nullable MethodHandle optional(String name, FunctionDescriptor descriptor) {
        return LIBRARY.find(name)
                .map(address -> Linker.nativeLinker().downcallHandle(address, descriptor))
                .orElse(null);
    }

    @SuppressWarnings("restricted") // void ggml_backend_set_n_threads(ggml_backend_t, int)
    private static MethodHandle function(MemorySegment address) {
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT));
    }
}
