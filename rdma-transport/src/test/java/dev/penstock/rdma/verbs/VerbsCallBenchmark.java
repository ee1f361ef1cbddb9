package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What a message costs from Java to the provider's functions and back, with a provider that does nothing: requests filled in, posted by the pointer in the
 * device's context, completions polled and read. The same in C beside it, through the header's inline functions: {@code ./mvnw -Pbenchmark -pl
 * rdma-transport -am test -Dtest=VerbsCallBenchmark -Dsurefire.failIfNoSpecifiedTests=false}.
 */
@Tag("benchmark")
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED"})
@SuppressWarnings("restricted")
public class VerbsCallBenchmark {
    private static final int FRAMES = 64;
    private static final int BATCH = 256;
    private static final long C_MESSAGES = 20_000_000;

    @Param({"1", "16", "64"})
    int list;

    private Arena arena;
    private Path library;
    private MemorySegment context;
    private MemorySegment pair;
    private MemorySegment queue;
    private MemorySegment completions;
    private MemorySegment bad;
    private RequestList sends;
    private int slot;

    /** Rounds of C, of which each list has one after the other. */
    private static final int ROUNDS = 5;

    @Test
    void postAndPollAgainstC() throws Exception {
        new Runner(new OptionsBuilder()
                        .include(VerbsCallBenchmark.class.getName())
                        .build())
                .run();
        for (int i = 0; i < ROUNDS; i++) {
            for (int length : new int[] {1, 16, FRAMES}) {
                System.out.printf("C, list of %d: %.1f ns/message%n", length, inC(length));
            }
        }
    }

    private static double inC(int list) throws Exception {
        var benchmark = new VerbsCallBenchmark();
        benchmark.list = list;
        benchmark.open();
        try {
            var handle = Linker.nativeLinker()
                    .downcallHandle(
                            benchmark.symbol("c_post_and_poll"),
                            FunctionDescriptor.of(JAVA_DOUBLE, ADDRESS, JAVA_INT, JAVA_LONG));
            return (double) handle.invokeExact(benchmark.context, list, C_MESSAGES);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        } finally {
            benchmark.close();
        }
    }

    @Setup
    public void open() throws IOException, InterruptedException {
        arena = Arena.ofAuto();
        library = compiled();
        context = arena.allocate(Structs.CONTEXT, 8);
        Structs.pointer(context, Structs.CONTEXT_POST_SEND, symbol("noop_post_send"));
        Structs.pointer(context, Structs.CONTEXT_POLL_CQ, symbol("noop_poll_cq"));
        pair = arena.allocate(Structs.QP, 8);
        queue = arena.allocate(128, 8);
        bad = arena.allocate(ADDRESS);
        completions = arena.allocate(BATCH * Structs.WC, 8);
        MemorySegment frames = arena.allocate(FRAMES * 4096L, 4096);
        sends = RequestList.ofSends(arena, FRAMES, list).of(frames, 7);
    }

    private MemorySegment symbol(String name) {
        return SymbolLookup.libraryLookup(library, arena).findOrThrow(name);
    }

    private static Path compiled() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("noop-provider");
        Path source = folder.resolve("noop-provider.c");
        try (InputStream in = VerbsCallBenchmark.class.getResourceAsStream("noop-provider.c")) {
            Files.copy(in, source);
        }
        Path made = folder.resolve("noop-provider.so");
        int status = new ProcessBuilder("gcc", "-O2", "-shared", "-fPIC", "-o", made.toString(), source.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("gcc ended with " + status);
        }
        return made;
    }

    @TearDown
    public void close() throws IOException {
        Files.delete(library);
        Files.delete(library.resolveSibling("noop-provider.c"));
        Files.delete(library.getParent());
    }

    /** One message, as a port sends it: its list leaves when it is full, and is polled for. */
    @Benchmark
    public long postAndPoll() throws Throwable {
        sends.add(slot++ % FRAMES, 4096);
        if (!sends.isFull()) {
            return 0;
        }
        int errno = (int)
                Native.POST.invokeExact(Structs.pointer(context, Structs.CONTEXT_POST_SEND), pair, sends.first(), bad);
        sends.clear();
        int n = (int) Native.POLL_CQ.invokeExact(
                Structs.pointer(context, Structs.CONTEXT_POLL_CQ), queue, BATCH, completions);
        long sum = errno;
        for (int i = 0; i < n; i++) {
            MemorySegment completion = completions.asSlice(i * Structs.WC, Structs.WC);
            sum += Structs.i64(completion, Structs.WC_WR_ID)
                    + Structs.i32(completion, Structs.WC_BYTE_LEN)
                    + Structs.i32(completion, Structs.WC_STATUS);
        }
        return sum;
    }

    /** A poll that finds nothing. */
    @Benchmark
    public int pollEmpty() throws Throwable {
        return (int) Native.POLL_CQ.invokeExact(
                Structs.pointer(context, Structs.CONTEXT_POLL_CQ), queue, BATCH, completions);
    }
}
