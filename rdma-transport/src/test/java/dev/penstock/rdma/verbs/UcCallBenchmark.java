package dev.penstock.rdma.verbs;

import dev.penstock.rdma.thunderbolt.FramePort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
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
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What a message costs on an adapter, from the post of its send to the completion of its receive, both ends in one thread: {@code UcCallBenchmark
 * ADDRESS}. Run by {@code scripts/bench-uc.sh calls} in a guest, over rxe.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class UcCallBenchmark implements FramePort.Completions {
    private static final int DEPTH = 128;
    private static final int BYTES = 64;

    @Param({"1", "16", "64"})
    int list;

    private FramePort from;
    private FramePort to;
    private int slot;
    private int waiting;
    private int receivedSlots;
    private final int[] received = new int[DEPTH];

    public static void main(String[] arguments) throws RunnerException {
        System.setProperty("verbs.address", arguments[0]);
        // In this process: the guest has memory for one JVM, and one processor.
        new Runner(new OptionsBuilder()
                        .include(UcCallBenchmark.class.getName())
                        .forks(0)
                        .build())
                .run();
    }

    @Setup
    public void open() throws IOException {
        var fabric = new UcFabric(DEPTH);
        var address = new InetSocketAddress(System.getProperty("verbs.address"), 0);
        from = fabric.port(address, address);
        to = fabric.port(address, address);
        from.connect(to.address());
        to.connect(from.address());
        for (int i = 0; i < DEPTH; i++) {
            to.postReceive(i);
        }
        to.flush();
    }

    @TearDown
    public void close() {
        from.close();
        to.close();
    }

    @Override
    public void received(int at, int bytes) {
        received[receivedSlots++] = at;
        waiting--;
    }

    @Override
    public void sent(int at) {
        waiting--;
    }

    /** A message in a list of so many, which leaves when it is full, and is waited for. */
    @Benchmark
    public int postAndPoll() {
        from.send(slot++ % DEPTH, BYTES);
        if (slot % list != 0) {
            return 0;
        }
        from.flush();
        waiting += 2 * list;
        while (waiting > 0) {
            if (!(from.poll(this) | to.poll(this))) {
                Thread.yield(); // the adapter needs the processor, too
            }
        }
        for (int i = 0; i < receivedSlots; i++) {
            to.postReceive(received[i]);
        }
        to.flush();
        receivedSlots = 0;
        return slot;
    }
}
