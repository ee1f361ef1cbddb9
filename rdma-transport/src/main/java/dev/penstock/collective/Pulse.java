package dev.penstock.collective;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.Poller;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairHandler;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.WorkCompletion;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the other ranks that this one lives, and finds out which of them has fallen silent: a connection over TCP whose cable was pulled says
 * nothing for minutes, and a group has to know within a second. Each pair of ranks has a connection more for it, over the same cable, and each
 * end sends a message every tenth of a second whatever its rank computes meanwhile.
 *
 * <p>The connections belong to a thread of its own; {@link #silence} is for the group's.
 */
final class Pulse implements AutoCloseable {
    /** Between two beats. */
    private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Several beats, one that is lost and repeated by TCP after 200 and 400 ms among them, and far enough below a second. */
    private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(650);

    /** So long this thread has to have listened itself: while its machine stood still, the peer's may have, too. */
    private static final long LISTENED_NANOS = TimeUnit.MILLISECONDS.toNanos(450);

    /** A turn that comes later than this was not spent listening. */
    private static final long STALL_NANOS = 2 * Poller.TICK_NANOS;

    /** Six seconds of beats: what comes while this thread does not get to run still finds a receive. */
    private static final int RECEIVES = 64;

    private static final int SENDS = 8;
    private static final int MESSAGE_BYTES = 8;
    private static final Duration ATTEMPT = Duration.ofSeconds(2);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Device device;
    private final Runnable onSilence;
    private final Arena arena = Arena.ofShared();
    private final ProtectionDomain domain;
    private final MemoryRegion region;
    private final Poller poller;
    private final List<Other> others = new ArrayList<>();

    /**
     * Starts the thread.
     *
     * @param onSilence called by it when a rank has fallen silent
     */
    Pulse(Device device, int size, Runnable onSilence) throws RdmaException {
        this.device = device;
        this.onSilence = onSilence;
        this.domain = device.protectionDomain();
        this.region = domain.register(Regions.map(2L * MESSAGE_BYTES, arena), EnumSet.of(Access.LOCAL_WRITE));
        for (int i = 0; i < size; i++) {
            others.add(new Other());
        }
        this.poller = new Poller(device.completionQueue(size * (RECEIVES + SENDS)), 0)
                .punctual()
                .start("collective-pulse");
    }

    /** Begins to ask a rank for the connection, again and again until it stands. */
    void ask(int rank, InetSocketAddress address, byte[] proof) {
        poller.execute(() -> others.get(rank).ask(address, proof));
    }

    /** Takes the connection that a rank asked for; its proof was right. */
    void accept(int rank, ConnectionRequest request) {
        poller.execute(() -> others.get(rank).accept(request));
    }

    /** Forgets what there is with a rank that has begun anew. */
    void forget(int rank) {
        others.get(rank).beating = false;
        poller.execute(others.get(rank)::forget);
    }

    /** Whether the connection with a rank stands. */
    boolean beating(int rank) {
        return others.get(rank).beating;
    }

    /** Why a rank is taken for lost; null while it is not. */
    @Nullable
    String silence(int rank) {
        return others.get(rank).silence;
    }

    @Override
    public void close() {
        poller.execute(() -> others.forEach(Other::forget));
        poller.close();
        region.close();
        domain.close();
        arena.close();
    }

    /** Another rank. Of the thread, but for what is volatile. */
    private final class Other implements QueuePairHandler {
        private @Nullable QueuePair pair;
        private @Nullable InetSocketAddress address;
        private byte[] proof = {};
        private boolean stands;
        private int sending;
        private long heard;
        private long listened;
        private long nextBeat;
        private long lastTick;
        volatile boolean beating;
        volatile @Nullable String silence;

        void ask(InetSocketAddress at, byte[] shown) {
            address = at;
            proof = shown;
            connect();
        }

        private void connect() {
            var to = address;
            if (to != null) {
                fresh().connect(to, new ConnectionParameters(0, 0, proof), ATTEMPT);
            }
        }

        void accept(ConnectionRequest request) {
            address = null;
            request.accept(fresh(), new ConnectionParameters(0, 0));
        }

        private QueuePair fresh() {
            forget();
            var made = device.queuePair(new QueuePairOptions(domain, poller.queue(), SENDS, RECEIVES), this);
            for (int i = 0; i < RECEIVES; i++) {
                made.postReceive(i, region.span(MESSAGE_BYTES, MESSAGE_BYTES));
            }
            pair = made;
            return made;
        }

        void forget() {
            var old = pair;
            pair = null;
            beating = false;
            stands = false;
            sending = 0;
            poller.detach(this);
            if (old != null) {
                old.close();
            }
        }

        @Override
        public void established(QueuePair of, ConnectionParameters agreed) {
            if (of.equals(pair)) {
                stands = true;
                beating = true;
                heard();
                nextBeat = heard;
                lastTick = heard;
                poller.attach(this);
            }
        }

        private void heard() {
            heard = poller.queue().nanoTime();
            listened = 0;
        }

        @Override
        public void disconnected(QueuePair of, Disconnect cause) {
            if (!of.equals(pair)) {
                return;
            }
            if (stands) {
                // Its rank may have left in order, and its last message be on the way: the silence that follows
                // decides.
                pair = null;
            } else {
                nextBeat = poller.queue().nanoTime() + PAUSE_NANOS;
                poller.attach(this);
            }
        }

        @Override
        public void completed(WorkCompletion completion) {
            var current = pair;
            if (current == null || !completion.queuePair().equals(current)) {
                return;
            }
            if (completion.opcode() != WorkCompletion.Opcode.RECEIVE) {
                sending--;
            } else if (completion.succeeded()) {
                heard();
                current.postReceive(completion.id(), region.span(MESSAGE_BYTES, MESSAGE_BYTES));
            }
        }

        @Override
        public void tick(long now) {
            if (!stands) {
                if (now - nextBeat >= 0) {
                    poller.detach(this);
                    connect();
                }
                return;
            }
            listened += Math.min(now - lastTick, STALL_NANOS);
            lastTick = now;
            if (pair != null && now - nextBeat >= 0 && sending < SENDS) {
                nextBeat = now + BEAT_NANOS;
                sending++;
                pair.postSend(0, List.of(region.span(0, MESSAGE_BYTES)));
            }
            if (now - heard >= SILENCE_NANOS && listened >= LISTENED_NANOS && silence == null) {
                silence = "nothing was heard of it for " + TimeUnit.NANOSECONDS.toMillis(now - heard) + " ms";
                onSilence.run();
            }
        }
    }
}
