package dev.penstock.rdma.verbs;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RemoteSpan;
import dev.penstock.rdma.WorkCompletion;
import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * RDMA WRITEs of 1 MiB one way over an unreliable connection, against a clock: {@code UcGoodput serve|write ADDRESS PORT}. Each line on the
 * standard input is a round, of so many MiB; the writing side answers with MiB/s, from the first post to the peer's message that all of it is
 * there and right. Between rounds it blocks, so that others may have the processor. Run by scripts/bench-uc.sh in a guest.
 */
final class UcGoodput implements ConnectionEvents {
    private static final int PIECE = 1 << 20;
    private static final int PIECES = 4;
    private static final int MESSAGE = 16;
    private static final int DEPTH = 64;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final boolean writes;
    private final ThunderboltDevice device =
            new ThunderboltDevice(new UcFabric(VerbsLibrary.HERE.depth(), Boolean.getBoolean("verbs.bulk")));
    private final CompletionQueue queue = device.completionQueue(4 * DEPTH);
    private final MemorySegment memory = Regions.map((long) PIECES * PIECE + 2 * MESSAGE, Arena.global());
    private final MemoryRegion region;
    private final QueuePair pair;
    private final WorkCompletion[] batch = new WorkCompletion[DEPTH];
    private ConnectionParameters agreed;
    private Disconnect disconnect;
    private int written;
    private int messages;

    private UcGoodput(boolean writes) throws IOException {
        this.writes = writes;
        Arrays.setAll(batch, i -> new WorkCompletion());
        var domain = device.protectionDomain();
        region = domain.register(memory, EnumSet.allOf(Access.class));
        pair = device.queuePair(new QueuePairOptions(domain, queue, DEPTH, DEPTH), this);
        pair.postReceive(0, message());
        if (writes) {
            var random = new SplittableRandom(7);
            for (long at = 0; at < (long) PIECES * PIECE; at += Long.BYTES) {
                memory.set(ValueLayout.JAVA_LONG, at, random.nextLong());
            }
        }
    }

    public static void main(String[] arguments) throws IOException {
        boolean writes = arguments[0].equals("write");
        var bench = new UcGoodput(writes);
        bench.connect(new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2])));
        var rounds = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = rounds.readLine(); line != null; line = rounds.readLine()) {
            bench.round(Integer.parseInt(line));
        }
        bench.pair.close();
        bench.queue.close();
        System.exit(0);
    }

    @Override
    public void established(QueuePair p, ConnectionParameters parameters) {
        agreed = parameters;
    }

    @Override
    public void disconnected(QueuePair p, Disconnect cause) {
        disconnect = cause;
    }

    private LocalSpan message() {
        return region.span((long) PIECES * PIECE, MESSAGE);
    }

    private void connect(InetSocketAddress address) throws IOException {
        byte[] where = ByteBuffer.allocate(Long.BYTES + Integer.BYTES)
                .putLong(memory.address())
                .putInt(region.remoteKey())
                .array();
        var parameters = new ConnectionParameters(1, 1, where);
        if (writes) {
            pair.connect(address, parameters, LIMIT);
            await();
        } else {
            try (var listener = device.listen(queue, address, r -> r.accept(pair, parameters))) {
                System.out.println("listening at " + listener.localAddress());
                await();
            }
        }
    }

    private void await() throws IOException {
        while (agreed == null) {
            turn();
        }
    }

    private void round(int mebibytes) throws IOException {
        var before = device.counters();
        long start = System.nanoTime();
        messages = 0;
        if (writes) {
            write(mebibytes);
        }
        while (messages == 0) {
            turn();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!writes) {
            pair.postSend(-1, List.of(message())); // back it goes: the sum of what is here
        } else if (memory.get(ValueLayout.JAVA_LONG, message().offset()) != sum()) {
            throw new IOException("the bytes are not the same");
        }
        var after = device.counters();
        System.out.printf(
                "%s %.1f MiB/s, %d repaired, %d frames sent, %d received, %d acknowledgements, %d placed, %d fell back%n",
                writes ? "wrote" : "served",
                mebibytes / seconds,
                after.repaired() - before.repaired(),
                after.sent() - before.sent(),
                after.received() - before.received(),
                after.acknowledgements() - before.acknowledgements(),
                after.placed() - before.placed(),
                after.fellBack() - before.fellBack());
        // Until it is out: nobody polls between rounds.
        for (long end = System.nanoTime() + 20_000_000; System.nanoTime() < end; ) {
            turn();
        }
    }

    private void write(int pieces) throws IOException {
        var peer = ByteBuffer.wrap(agreed.privateData());
        long base = peer.getLong();
        int key = peer.getInt();
        written = 0;
        for (int posted = 0; posted < pieces; ) {
            if (posted - written < PIECES) {
                long at = (long) (posted % PIECES) * PIECE;
                pair.postWrite(posted++, List.of(region.span(at, PIECE)), new RemoteSpan(key, base + at, PIECE));
            } else {
                turn();
            }
        }
        pair.postSend(-1, List.of(message()));
    }

    private void turn() throws IOException {
        int n = queue.poll(batch);
        for (int i = 0; i < n; i++) {
            WorkCompletion completion = batch[i];
            if (!completion.succeeded()) {
                throw new IOException(completion.opcode() + " " + completion.status() + "; " + disconnect);
            }
            switch (completion.opcode()) {
                case WRITE -> written++;
                case RECEIVE -> {
                    messages++;
                    if (!writes) {
                        memory.set(ValueLayout.JAVA_LONG, message().offset(), sum());
                    }
                    pair.postReceive(0, message());
                }
                default -> {}
            }
        }
        if (n == 0) {
            queue.await(1_000_000);
        }
    }

    private long sum() {
        long sum = 0;
        for (long at = 0; at < (long) PIECES * PIECE; at += Long.BYTES) {
            sum = sum * 31 + memory.get(ValueLayout.JAVA_LONG, at);
        }
        return sum;
    }
}
