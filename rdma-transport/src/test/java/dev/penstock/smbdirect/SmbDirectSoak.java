package dev.penstock.smbdirect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.memory.Lease;
import dev.penstock.memory.Regions;
import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.Poller;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.sim.SimNetwork;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * A server and a client that a seed has send, read, write, hold messages back, close and lose each other, one connection after the other. Messages
 * arrive at most once, in order and whole; what is asked for ends exactly once; memory is right when its owner is told so; nothing is left.
 */
final class SmbDirectSoak {
    private static final int MAX_CONNECTIONS = 4;
    private static final int SLOT = 65_536;
    private static final int SLOTS = 16;
    private static final int LARGEST = 131_072;
    private static final int STEPS = 40;

    /** Longer than any timer of the connection, so that what never ends is seen. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Silence of three quarters of a second, a question every quarter, and the looks between. */
    private static final Duration CUT_LIMIT = Duration.ofMillis(1500);

    /** Silence after which a side asks, [MS-SMBD] 3.1.6.2, and what it waits for an answer. */
    private static final Duration IDLE = Duration.ofSeconds(2);

    private static final Duration REPLY = Duration.ofSeconds(5);

    /** The timers are looked at now and then. */
    private static final Duration LOOKS = Duration.ofMillis(200);

    /** Whoever was silent for less than this is not taken for dead. Without a credit nothing can be asked, and the silence counts all the same. */
    private static final Duration PATIENCE = IDLE.plus(REPLY).minus(LOOKS);

    /** Whoever hangs for as long as this is. */
    private static final Duration LONG_HANG = IDLE.plus(REPLY).plus(LOOKS);

    private static final MemorySegment MEMORY = Regions.map((long) SLOT * SLOTS, Arena.global());

    /** How a connection ends. */
    enum End {
        CLOSE,
        ABORT,
        /** Nothing passes any more, and nobody's timers have to find it out. */
        CUT,
        /** A side's machine vanishes. */
        DEATH,
        /** A side's owner does not look at its queue for longer than the other's patience. */
        HANG
    }

    /** One side of one connection. */
    private final class Side implements SmbDirectConnection.Handler {
        final long salt;
        final Map<Integer, Runnable> checks = new HashMap<>();
        final ArrayDeque<Lease> held = new ArrayDeque<>();
        SmbDirectConnection connection;
        Side peer;
        int sent;
        int received;
        int asked;
        int ended;
        int closes;
        long heardAt = network.nanoTime();
        SmbDirectConnection.CloseReason reason;

        Side(long salt) {
            this.salt = salt;
        }

        Side accept(SmbDirectConnection made) {
            connection = made;
            return this;
        }

        byte[] content(int number) {
            var of = new Random(salt * 1_000_003 + number);
            int bound = new int[] {100, 100, 2_000, 2_000, 20_000, LARGEST}[of.nextInt(6)];
            byte[] bytes = new byte[1 + of.nextInt(bound)];
            of.nextBytes(bytes);
            return bytes;
        }

        @Override
        public void received(SmbDirectConnection from, Lease message) {
            heardAt = network.nanoTime();
            guarded(() -> check(message));
            if (random.nextInt(4) == 0 && held.size() < 4) {
                held.add(message);
            } else {
                message.release();
            }
        }

        private void check(Lease message) {
            assertThat(closes).as("closed before a message").isZero();
            assertThat(received).as("messages more than were sent").isLessThan(peer.sent);
            assertThat(message.memory().mismatch(MemorySegment.ofArray(peer.content(received))))
                    .as("message " + received)
                    .isEqualTo(-1);
            var check = checks.remove(received++);
            if (check != null) {
                check.run();
            }
        }

        @Override
        public void closed(SmbDirectConnection from, SmbDirectConnection.CloseReason why) {
            closes++;
            reason = why;
            guarded(() ->
                    assertThat(ended).as("operations told before the close").isEqualTo(asked));
        }

        /** What is told once, and then gives this back. */
        SmbDirectConnection.Completion once(Runnable success, Runnable always) {
            asked++;
            var told = new boolean[1];
            return failure -> {
                guarded(() -> assertThat(told[0]).as("told twice").isFalse());
                told[0] = true;
                ended++;
                if (failure == null) {
                    success.run();
                }
                always.run();
            };
        }

        void send(int token) {
            byte[] bytes = content(sent++);
            Lease slab = random.nextBoolean() ? pool.take(bytes.length) : null;
            var memory = MemorySegment.ofArray(bytes);
            if (slab != null) {
                memory = slab.memory().asSlice(0, bytes.length).copyFrom(memory);
            }
            int at = random.nextInt(bytes.length);
            var parts = List.of(memory.asSlice(0, at), memory.asSlice(at));
            var done = once(() -> {}, () -> giveBack(slab));
            if (token == 0) {
                connection.send(parts, done);
            } else {
                connection.sendInvalidating(parts, token, done);
            }
        }

        /** Since the last message; credits may have come later. */
        Duration silence() {
            return Duration.ofNanos(network.nanoTime() - heardAt);
        }

        boolean quiet() {
            return ended == asked && received == peer.sent;
        }
    }

    private final Random random;
    private final long seed;
    private final SimNetwork network;
    private final SlabPool pool;
    private final List<Device> devices;
    private final Poller[] pollers = new Poller[2];
    private final SmbDirectEndpoint[] endpoints = new SmbDirectEndpoint[2];
    private final MemoryRegion region;
    private final boolean[] busy = new boolean[SLOTS];
    private final List<Throwable> failures = new ArrayList<>();
    private final List<MemoryWindow> windows = new ArrayList<>();
    private Side client;
    private Side server;
    private boolean clearsAway;

    /** With the client's device and the server's. */
    SmbDirectSoak(long seed, SimNetwork network, List<Device> devices, SlabPool pool) throws RdmaException {
        this.random = new Random(seed);
        this.seed = seed;
        this.network = network;
        this.pool = pool;
        this.devices = devices;
        for (int i = 0; i < 2; i++) {
            var config = new SmbDirectConfig(
                    new int[] {2, 4, 32}[random.nextInt(3)],
                    new int[] {512, 1364, 8192}[random.nextInt(3)],
                    LARGEST,
                    1 << 20,
                    MAX_CONNECTIONS,
                    Duration.ofSeconds(5),
                    IDLE,
                    REPLY);
            pollers[i] = new Poller(devices.get(i).completionQueue(256), 0);
            endpoints[i] = new SmbDirectEndpoint(devices.get(i), pool, config, pollers[i]);
        }
        region = endpoints[0].register(MEMORY);
    }

    private void giveBack(Lease slab) {
        if (slab != null) {
            slab.release();
        }
    }

    private void turn() {
        boolean any = false;
        for (int i = 0; i < 2; i++) {
            any |= runs(i) && pollers[i].runOnce();
        }
        if (!any) {
            int one = random.nextInt(2);
            var _ = pollers[runs(one) ? one : 1 - one].queue().await(1_000_000);
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.getFirst());
        }
    }

    /** What is left of a machine that has vanished is cleared away at the end. */
    private boolean runs(int side) {
        return clearsAway || network.runs(devices.get(side));
    }

    private Device device(Side side) {
        return devices.get(side.equals(client) ? 0 : 1);
    }

    private void until(String what, Duration limit, BooleanSupplier condition) {
        long end = network.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            turn();
            assertThat(network.nanoTime()).as(what).isLessThan(end);
        }
    }

    /** Some connections, one after the other; answers how they ended. */
    Set<End> run() throws IOException {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var ends = EnumSet.noneOf(End.class);
        try (var listener = endpoints[1].listenHere(any, made -> server.accept(made))) {
            for (int n = 1 + random.nextInt(3); n > 0 && !ends.contains(End.DEATH); n--) {
                ends.add(connection(listener.localAddress()));
            }
        }
        for (int i = 0; i < 2; i++) {
            int stripes = 0;
            while (endpoints[i].stripes().take() != null) {
                stripes++;
            }
            assertThat(stripes).as("stripes").isEqualTo(MAX_CONNECTIONS);
        }
        endpoints[0].unregister(region);
        for (int i = 0; i < 2; i++) {
            endpoints[i].close();
            pollers[i].queue().close();
        }
        return ends;
    }

    private End connection(InetSocketAddress to) {
        client = new Side(seed * 2);
        server = new Side(seed * 2 + 1);
        client.peer = server;
        server.peer = client;
        var connecting = endpoints[0].connect(to, client);
        until("connected", LIMIT, () -> connecting.isDone() && server.connection != null);
        client.connection = connecting.join();
        boolean early = random.nextBoolean();
        for (int i = early ? random.nextInt(STEPS) : STEPS; i > 0; i--) {
            step();
        }
        if (!early) {
            until("quiet", LIMIT, () -> {
                release();
                return client.quiet() && server.quiet();
            });
        }
        var end = End.values()[random.nextInt(End.values().length)];
        over(end, random.nextBoolean() ? client : server);
        return end;
    }

    private void over(End end, Side by) {
        switch (end) {
            case CLOSE -> by.connection.close();
            case ABORT -> by.connection.abort("enough");
            case CUT -> network.cut();
            case DEATH -> {
                network.vanish(device(by));
                missed(by, !device(by).detectsSilence());
                clearsAway = true;
                by.connection.abort("its machine is gone");
            }
            case HANG -> {
                // Credits run out, and what is sent stays where it is.
                network.hang(device(by), LONG_HANG.plusMillis(random.nextInt(3_000)));
                missed(by, true);
            }
        }
        until(end.toString(), end == End.CUT ? CUT_LIMIT : LIMIT, () -> {
            if (end != End.CUT) {
                release();
            }
            return client.closes == 1 && server.closes == 1;
        });
        if (end == End.CLOSE) {
            assertThat(by.peer.received).as("what was sent before a close").isEqualTo(by.sent);
        }
        release();
        for (int i = 0; i < 100; i++) {
            turn();
        }
        for (Side side : List.of(client, server)) {
            assertThat(side.closes).as("closes").isOne();
            assertThat(side.ended).as("operations").isEqualTo(side.asked);
        }
        windows.forEach(MemoryWindow::close);
        windows.clear();
        java.util.Arrays.fill(busy, false);
        network.mend();
    }

    /**
     * The other side of one that has fallen silent goes on sending, and gives up in the time that [MS-SMBD] has for it, or sooner where its device
     * sees that there is nobody; all that it has asked for is told to have failed.
     */
    private void missed(Side silent, boolean byTimers) {
        Side left = silent.peer;
        long start = network.nanoTime();
        for (int i = random.nextInt(8); i > 0; i--) {
            left.send(0);
        }
        until("missed", byTimers ? LONG_HANG : CUT_LIMIT, () -> left.closes == 1);
        var after = Duration.ofNanos(network.nanoTime() - start);
        if (byTimers) {
            assertThat(left.silence()).as("after " + after).isGreaterThan(PATIENCE);
            assertThat(left.reason.cause()).isEqualTo(SmbDirectConnection.CloseReason.Cause.TIMEOUT);
        }
        assertThat(left.ended).as("operations of who is left").isEqualTo(left.asked);
        assertThat(silent.closes).as("closes of who is silent").isZero();
    }

    /** A side's owner does not look at its queue for a while; the other waits. */
    private void pause() {
        Side by = random.nextBoolean() ? client : server;
        long most = PATIENCE.minus(by.peer.silence()).toMillis();
        if (most <= 0) {
            return;
        }
        network.hang(device(by), Duration.ofMillis(random.nextLong(most)));
        for (int i = random.nextInt(8); i > 0; i--) {
            by.peer.send(0);
        }
        until("awake", LIMIT, () -> network.runs(device(by)));
        assertThat(client.closes + server.closes)
                .as("closed for a short silence")
                .isZero();
    }

    private void release() {
        for (Side side : List.of(client, server)) {
            for (Lease lease = side.held.poll(); lease != null; lease = side.held.poll()) {
                lease.release();
            }
        }
    }

    private void step() {
        if (random.nextInt(100) == 0) {
            pause();
        }
        switch (random.nextInt(8)) {
            case 0, 1 -> client.send(0);
            case 2, 3 -> server.send(0);
            case 4 -> transfer(true);
            case 5 -> transfer(false);
            case 6 -> release();
            default -> {
                for (int i = random.nextInt(50); i > 0; i--) {
                    turn();
                }
            }
        }
    }

    /** The server reads or writes a piece of memory that the client exposes for it. */
    private void transfer(boolean read) {
        int slot = random.nextInt(SLOTS);
        int bytes = 1 + random.nextInt(SLOT);
        Lease slab = busy[slot] ? null : pool.take(bytes);
        if (slab == null) {
            return;
        }
        busy[slot] = true;
        var exposed = MEMORY.asSlice((long) slot * SLOT, bytes);
        byte[] payload = new byte[bytes];
        random.nextBytes(payload);
        var memory = slab.memory().asSlice(0, bytes);
        (read ? exposed : memory).copyFrom(MemorySegment.ofArray(payload));
        MemoryWindow window;
        try {
            window = client.connection.expose(region, (long) slot * SLOT, bytes, !read);
        } catch (SmbDirectException e) {
            throw new AssertionError(e);
        }
        windows.add(window);
        var span = window.span();
        var descriptors = List.of(new BufferDescriptor(span.address(), span.key(), span.length()));
        if (read) {
            var done = server.once(() -> guarded(() -> right(memory, payload)), () -> {
                busy[slot] = false;
                slab.release();
            });
            server.connection.readFromPeer(descriptors, memory, done);
            return;
        }
        server.connection.writeToPeer(descriptors, List.of(memory), server.once(() -> {}, slab::release));
        boolean invalidates = random.nextBoolean();
        client.checks.put(server.sent, () -> {
            right(exposed, payload);
            assertThat(window.open()).as("the window is open").isEqualTo(!invalidates);
            busy[slot] = false;
        });
        server.send(invalidates ? span.key() : 0);
    }

    /** Failures in callbacks are remembered: the poller would take them for one connection's. */
    private void guarded(Runnable check) {
        try {
            check.run();
        } catch (RuntimeException | AssertionError e) {
            failures.add(e);
        }
    }

    private static void right(MemorySegment memory, byte[] should) {
        assertThat(memory.mismatch(MemorySegment.ofArray(should)))
                .as("memory that was moved")
                .isEqualTo(-1);
    }
}
