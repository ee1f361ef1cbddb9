package dev.penstock.inference.model;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/** llama.cpp itself (b4916, out of the jar de.kherud:llama), as the tests' oracle. Structures as in that version's llama.h. */
public final class LlamaCpp implements AutoCloseable {
    private static final StructLayout MODEL_PARAMS = MemoryLayout.structLayout(
            ADDRESS.withName("devices"),
            JAVA_INT.withName("n_gpu_layers"),
            JAVA_INT.withName("split_mode"),
            JAVA_INT.withName("main_gpu"),
            MemoryLayout.paddingLayout(4),
            ADDRESS.withName("tensor_split"),
            ADDRESS.withName("progress_callback"),
            ADDRESS.withName("progress_callback_user_data"),
            ADDRESS.withName("kv_overrides"),
            JAVA_BOOLEAN.withName("vocab_only"),
            JAVA_BOOLEAN.withName("use_mmap"),
            JAVA_BOOLEAN.withName("use_mlock"),
            JAVA_BOOLEAN.withName("check_tensors"),
            MemoryLayout.paddingLayout(4));
    /** Fields beyond the thread counts are left at their defaults, so only their size matters. */
    private static final StructLayout CONTEXT_PARAMS = MemoryLayout.structLayout(
            JAVA_INT.withName("n_ctx"),
            JAVA_INT.withName("n_batch"),
            JAVA_INT.withName("n_ubatch"),
            JAVA_INT.withName("n_seq_max"),
            JAVA_INT.withName("n_threads"),
            JAVA_INT.withName("n_threads_batch"),
            MemoryLayout.sequenceLayout(12, ADDRESS));

    private static final StructLayout BATCH = MemoryLayout.structLayout(
            JAVA_INT.withName("n_tokens"), MemoryLayout.paddingLayout(4), MemoryLayout.sequenceLayout(6, ADDRESS));

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = library();
    private static final MethodHandle DECODE = handle("llama_decode", FunctionDescriptor.of(JAVA_INT, ADDRESS, BATCH));
    private static final MethodHandle BATCH_ONE =
            handle("llama_batch_get_one", FunctionDescriptor.of(BATCH, ADDRESS, JAVA_INT));
    private static final MethodHandle LOGITS =
            handle("llama_get_logits_ith", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment model;
    private final MemorySegment context;
    private final MemorySegment vocabularyPointer;
    private final int vocabulary;

    public LlamaCpp(Path file, int threads, int contextLength, boolean vocabularyOnly) {
        try {
            var allocator = (java.lang.foreign.SegmentAllocator) arena;
            MemorySegment quiet = LINKER.upcallStub(
                    java.lang.invoke.MethodHandles.lookup()
                            .findStatic(
                                    LlamaCpp.class,
                                    "quiet",
                                    java.lang.invoke.MethodType.methodType(
                                            void.class, int.class, MemorySegment.class, MemorySegment.class)),
                    FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS),
                    Arena.global());
            handle("llama_log_set", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS)).invoke(quiet, MemorySegment.NULL);
            var modelParams = (MemorySegment) handle("llama_model_default_params", FunctionDescriptor.of(MODEL_PARAMS))
                    .invoke(allocator);
            modelParams.set(JAVA_BOOLEAN, 56, vocabularyOnly);
            model = (MemorySegment)
                    handle("llama_model_load_from_file", FunctionDescriptor.of(ADDRESS, ADDRESS, MODEL_PARAMS))
                            .invoke(arena.allocateFrom(file.toString()), modelParams);
            if (model.address() == 0) {
                throw new IOException("llama.cpp does not load " + file);
            }
            vocabularyPointer = (MemorySegment) handle("llama_model_get_vocab", FunctionDescriptor.of(ADDRESS, ADDRESS))
                    .invoke(model);
            vocabulary = (int) handle("llama_vocab_n_tokens", FunctionDescriptor.of(JAVA_INT, ADDRESS))
                    .invoke(vocabularyPointer);
            if (vocabularyOnly) {
                context = MemorySegment.NULL;
                return;
            }
            var params = (MemorySegment) handle("llama_context_default_params", FunctionDescriptor.of(CONTEXT_PARAMS))
                    .invoke(allocator);
            if (params.get(JAVA_INT, 0) != 512 || params.get(JAVA_INT, 8) != 512) {
                throw new IllegalStateException("not the context parameters of b4916");
            }
            params.set(JAVA_INT, 0, contextLength);
            params.set(JAVA_INT, 16, threads);
            params.set(JAVA_INT, 20, threads);
            context = (MemorySegment)
                    handle("llama_init_from_model", FunctionDescriptor.of(ADDRESS, ADDRESS, CONTEXT_PARAMS))
                            .invoke(model, params);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    static void quiet(int level, MemorySegment text, MemorySegment data) {}

    /** Appends tokens to the sequence and answers with the logits after the last. */
    public float[] decode(int... tokens) {
        try (var local = Arena.ofConfined()) {
            MemorySegment ids = local.allocateFrom(JAVA_INT, tokens);
            var batch =
                    (MemorySegment) BATCH_ONE.invoke((java.lang.foreign.SegmentAllocator) local, ids, tokens.length);
            int status = (int) DECODE.invoke(context, batch);
            if (status != 0) {
                throw new IllegalStateException("llama_decode: " + status);
            }
            var logits = (MemorySegment) LOGITS.invoke(context, -1);
            return logits.reinterpret(4L * vocabulary).toArray(JAVA_FLOAT);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The tokens of a text. */
    public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
        try (var local = Arena.ofConfined()) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            MemorySegment out = local.allocate(JAVA_INT, bytes.length + 16);
            int count = (int) handle(
                            "llama_tokenize",
                            FunctionDescriptor.of(
                                    JAVA_INT,
                                    ADDRESS,
                                    ADDRESS,
                                    JAVA_INT,
                                    ADDRESS,
                                    JAVA_INT,
                                    JAVA_BOOLEAN,
                                    JAVA_BOOLEAN))
                    .invoke(
                            vocabularyPointer,
                            local.allocateFrom(JAVA_BYTE, bytes.length == 0 ? new byte[1] : bytes),
                            bytes.length,
                            out,
                            bytes.length + 16,
                            addSpecial,
                            parseSpecial);
            return Arrays.copyOf(out.toArray(JAVA_INT), count);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            if (context.address() != 0) {
                handle("llama_free", FunctionDescriptor.ofVoid(ADDRESS)).invoke(context);
            }
            handle("llama_model_free", FunctionDescriptor.ofVoid(ADDRESS)).invoke(model);
            arena.close();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }

    private static SymbolLookup library() {
        String resource = "de/kherud/llama/Linux/"
                + (System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64") + "/libjllama.so";
        try (InputStream in = LlamaCpp.class.getClassLoader().getResourceAsStream(resource)) {
            Path copy = Files.createTempFile("llama-oracle", ".so");
            copy.toFile().deleteOnExit();
            Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
            return SymbolLookup.libraryLookup(copy, Arena.global());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
