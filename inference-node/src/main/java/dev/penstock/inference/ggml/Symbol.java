package dev.penstock.inference.ggml;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** The C functions that are used, by their names in ggml's headers. Pointers are all plain addresses. */
record Symbol(String cName, FunctionDescriptor descriptor) {
    private static final List<Symbol> ALL = new ArrayList<>();

    static final Symbol INIT = declare("ggml_init", FunctionDescriptor.of(ADDRESS, Struct.INIT_PARAMS));
    static final Symbol FREE = declare("ggml_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final Symbol TENSOR_OVERHEAD = declare("ggml_tensor_overhead", FunctionDescriptor.of(JAVA_LONG));
    static final Symbol GRAPH_OVERHEAD_CUSTOM =
            declare("ggml_graph_overhead_custom", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_BOOLEAN));
    static final Symbol NEW_TENSOR_1D = declare("ggml_new_tensor_1d", pointer(ADDRESS, JAVA_INT, JAVA_LONG));
    static final Symbol NEW_TENSOR_2D = declare("ggml_new_tensor_2d", pointer(ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG));
    static final Symbol NBYTES = declare("ggml_nbytes", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
    static final Symbol GET_DATA = declare("ggml_get_data", pointer(ADDRESS));
    static final Symbol SET_OUTPUT = declare("ggml_set_output", FunctionDescriptor.ofVoid(ADDRESS));

    static final Symbol MUL_MAT = declare("ggml_mul_mat", pointer(ADDRESS, ADDRESS, ADDRESS));
    static final Symbol RMS_NORM = declare("ggml_rms_norm", pointer(ADDRESS, ADDRESS, JAVA_FLOAT));
    static final Symbol MUL = declare("ggml_mul", pointer(ADDRESS, ADDRESS, ADDRESS));
    static final Symbol ADD = declare("ggml_add", pointer(ADDRESS, ADDRESS, ADDRESS));
    static final Symbol SILU = declare("ggml_silu", pointer(ADDRESS, ADDRESS));
    static final Symbol GET_ROWS = declare("ggml_get_rows", pointer(ADDRESS, ADDRESS, ADDRESS));
    static final Symbol CPY = declare("ggml_cpy", pointer(ADDRESS, ADDRESS, ADDRESS));
    static final Symbol VIEW_1D = declare("ggml_view_1d", pointer(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG));
    static final Symbol VIEW_2D =
            declare("ggml_view_2d", pointer(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static final Symbol VIEW_3D = declare(
            "ggml_view_3d",
            pointer(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static final Symbol RESHAPE_2D = declare("ggml_reshape_2d", pointer(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG));
    static final Symbol RESHAPE_3D =
            declare("ggml_reshape_3d", pointer(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static final Symbol PERMUTE =
            declare("ggml_permute", pointer(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    static final Symbol ROPE_EXT = declare(
            "ggml_rope_ext",
            pointer(
                    ADDRESS,
                    ADDRESS,
                    ADDRESS,
                    ADDRESS,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_FLOAT,
                    JAVA_FLOAT,
                    JAVA_FLOAT,
                    JAVA_FLOAT,
                    JAVA_FLOAT,
                    JAVA_FLOAT));
    static final Symbol FLASH_ATTN_EXT = declare(
            "ggml_flash_attn_ext",
            pointer(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT));

    static final Symbol NEW_GRAPH_CUSTOM = declare("ggml_new_graph_custom", pointer(ADDRESS, JAVA_LONG, JAVA_BOOLEAN));
    static final Symbol BUILD_FORWARD_EXPAND =
            declare("ggml_build_forward_expand", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    static final Symbol GALLOCR_NEW = declare("ggml_gallocr_new", pointer(ADDRESS));
    static final Symbol GALLOCR_FREE = declare("ggml_gallocr_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final Symbol GALLOCR_ALLOC_GRAPH =
            declare("ggml_gallocr_alloc_graph", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, ADDRESS));
    static final Symbol GALLOCR_GET_BUFFER_SIZE =
            declare("ggml_gallocr_get_buffer_size", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_INT));

    static final Symbol DEV_BY_TYPE = declare("ggml_backend_dev_by_type", pointer(JAVA_INT));
    static final Symbol DEV_DESCRIPTION = declare("ggml_backend_dev_description", pointer(ADDRESS));
    static final Symbol DEV_INIT = declare("ggml_backend_dev_init", pointer(ADDRESS, ADDRESS));
    static final Symbol DEV_BACKEND_REG = declare("ggml_backend_dev_backend_reg", pointer(ADDRESS));
    static final Symbol DEV_BUFFER_FROM_HOST_PTR =
            declare("ggml_backend_dev_buffer_from_host_ptr", pointer(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG));
    static final Symbol REG_GET_PROC_ADDRESS = declare("ggml_backend_reg_get_proc_address", pointer(ADDRESS, ADDRESS));
    static final Symbol BACKEND_FREE = declare("ggml_backend_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final Symbol GET_DEFAULT_BUFFER_TYPE = declare("ggml_backend_get_default_buffer_type", pointer(ADDRESS));
    static final Symbol BUFFER_SET_USAGE =
            declare("ggml_backend_buffer_set_usage", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT));
    static final Symbol BUFFER_FREE = declare("ggml_backend_buffer_free", FunctionDescriptor.ofVoid(ADDRESS));
    /** Answers void in older versions and a status in newer ones; on the platforms supported, ignoring the answer serves both. */
    static final Symbol TENSOR_ALLOC =
            declare("ggml_backend_tensor_alloc", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS));

    static final Symbol GRAPH_COMPUTE =
            declare("ggml_backend_graph_compute", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

    /** Added in July 2025; where it is missing, two operations do the same. */
    static final String SWIGLU_SPLIT = "ggml_swiglu_split";
    /** Newer builds keep the processor-specific code in libraries of their own, which have to be loaded. */
    static final String LOAD_ALL_FROM_PATH = "ggml_backend_load_all_from_path";

    static final String LOAD_ALL = "ggml_backend_load_all";
    /** Not a symbol of the library's but of the device's registry. */
    static final String SET_N_THREADS = "ggml_backend_set_n_threads";

    /** Threads that stay between computations; builds without OpenMP start new ones for every graph otherwise. */
    static final String THREADPOOL_PARAMS_INIT = "ggml_threadpool_params_init";

    static final String THREADPOOL_NEW = "ggml_threadpool_new";
    static final String THREADPOOL_FREE = "ggml_threadpool_free";
    static final String SET_THREADPOOL = "ggml_backend_cpu_set_threadpool";

    private static Symbol declare(String cName, FunctionDescriptor descriptor) {
        var symbol = new Symbol(cName, descriptor);
        ALL.add(symbol);
        return symbol;
    }

    /** All that a library must have. */
    static List<Symbol> all() {
        return List.copyOf(ALL);
    }

    /** A handle on the function in a library that has it. */
    @SuppressWarnings("restricted") // the descriptor is the one of ggml's headers
    MethodHandle in(SymbolLookup library) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(cName), descriptor);
    }

    private static FunctionDescriptor pointer(MemoryLayout... arguments) {
        return FunctionDescriptor.of(ADDRESS, arguments);
    }

    /** C structures. */
    static final class Struct {
        /** {@code struct ggml_init_params}: the only structure that is passed by value. */
        static final StructLayout INIT_PARAMS = MemoryLayout.structLayout(
                JAVA_LONG.withName("mem_size"),
                ADDRESS.withName("mem_buffer"),
                JAVA_BOOLEAN.withName("no_alloc"),
                MemoryLayout.paddingLayout(7));

        private Struct() {}

        /** Parameters of a context that holds descriptions of tensors only. */
        static MemorySegment initParams(long bytes, SegmentAllocator allocator) {
            MemorySegment params = allocator.allocate(INIT_PARAMS);
            params.set(JAVA_LONG, 0, bytes);
            params.set(ADDRESS, 8, MemorySegment.NULL);
            params.set(JAVA_BOOLEAN, 16, true);
            return params;
        }
    }
}
