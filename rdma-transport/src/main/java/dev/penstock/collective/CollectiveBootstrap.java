package dev.penstock.collective;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A rank that listens and has not yet joined. Each rank asks those before it, and is asked by those behind it. Belongs to one thread, and
 * the group to the same.
 */
public final class CollectiveBootstrap implements AutoCloseable {
    /** One attempt to connect, and the pause before the next: a rank that is not there yet refuses at once. */
    private static final Duration ATTEMPT = Duration.ofSeconds(5);

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Sends and receives outstanding per peer: two of each, and the proof. */
    private static final int DEPTH = 4;

    private final Device device;
    private final CompletionQueue queue;
    private final List<Listener> listeners;
    private final SecureRandom random = new SecureRandom();
    private @Nullable Collective group;
    private @Nullable Introduction[] introductions = {};
    private @Nullable Introduction[] mine = {};
    private boolean[] proven = {};
    /** Why the last attempt with a rank failed. */
    private @Nullable String[] reasons = {};

    private boolean[] refused = {};
    private byte[] secret = {};
    private int rank;
    private int size;

    private CollectiveBootstrap(Device device, CompletionQueue queue, List<Listener> listeners) {
        this.device = device;
        this.queue = queue;
        this.listeners = listeners;
    }

    /**
     * Begins to listen.
     *
     * @param local port 0 takes a free one
     */
    public static CollectiveBootstrap listen(Device device, InetSocketAddress local) throws IOException {
        return listen(device, List.of(local));
    }

    /**
     * Begins to listen at several addresses: where a cable leads to each peer, each reaches this rank at another.
     *
     * @param locals with a port each; at least one
     */
    public static CollectiveBootstrap listen(Device device, List<InetSocketAddress> locals) throws IOException {
        var queue = device.completionQueue(256);
        var listeners = new ArrayList<Listener>();
        var bootstrap = new CollectiveBootstrap(device, queue, listeners);
        try {
            for (InetSocketAddress local : locals) {
                listeners.add(device.listen(queue, local, bootstrap::requested));
            }
            return bootstrap;
        } catch (IOException e) {
            bootstrap.close();
            throw e;
        }
    }

    /** Where this rank listens; the first of several. */
    public InetSocketAddress localAddress() {
        return listeners.getFirst().localAddress();
    }

    /** See {@link Collective#join}. Ends the listening in any case. */
    public Collective join(CollectiveOptions options, int rank, List<InetSocketAddress> addresses, byte[] secret)
            throws IOException {
        return join(options, rank, addresses, secret, false);
    }

    /** The same with those that come in time. The others are lost, each for its reason: the group can do nothing together then. */
    Collective gather(CollectiveOptions options, int rank, List<InetSocketAddress> addresses, byte[] secret)
            throws IOException {
        return join(options, rank, addresses, secret, true);
    }

    private Collective join(
            CollectiveOptions options, int rank, List<InetSocketAddress> addresses, byte[] secret, boolean some)
            throws IOException {
        this.rank = rank;
        this.size = addresses.size();
        this.secret = secret.clone();
        introductions = new Introduction[size];
        mine = new Introduction[size];
        proven = new boolean[size];
        reasons = new String[size];
        refused = new boolean[size];
        long here = 1
                + IntStream.range(0, size)
                        .filter(i -> i != rank && isHere(addresses.get(i)))
                        .count();
        var joining = new Collective(
                device, queue, options.onMachine(here, Runtime.getRuntime().availableProcessors()), rank, size);
        group = joining;
        try {
            long deadline = queue.nanoTime() + options.joinTimeout().toNanos();
            long[] nextAttempt = new long[size];
            Arrays.fill(nextAttempt, queue.nanoTime());
            while (!complete(joining)) {
                joining.poll();
                for (int i = 0; i < rank; i++) {
                    ask(joining, i, addresses.get(i), nextAttempt, some);
                }
                for (int i = rank + 1; i < size; i++) {
                    takeProof(joining.peer(i));
                }
                if (queue.nanoTime() - deadline >= 0) {
                    giveUp(joining, some);
                    break;
                }
                queue.await(PAUSE_NANOS);
            }
            return joining;
        } catch (CollectiveException e) {
            joining.close();
            throw e;
        } finally {
            listeners.forEach(Listener::close);
        }
    }

    private static boolean isHere(InetSocketAddress rank) {
        var address = rank.getAddress();
        try {
            return address != null
                    && (address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null);
        } catch (SocketException e) {
            return false;
        }
    }

    private boolean complete(Collective joining) {
        for (int i = 0; i < size; i++) {
            if (i != rank && !refused[i] && !hasJoined(joining, i)) {
                return false;
            }
        }
        return true;
    }

    private boolean hasJoined(Collective joining, int other) {
        var pulse = joining.pulse();
        return joining.peer(other).connected() && proven[other] && (pulse == null || pulse.beating(other));
    }

    /** The time is over. */
    private void giveUp(Collective joining, boolean some) throws CollectiveException {
        for (int i = 0; i < size; i++) {
            if (i == rank || refused[i] || hasJoined(joining, i)) {
                continue;
            }
            String last = joining.peer(i).lost() == null
                    ? reasons[i]
                    : joining.peer(i).lost();
            String why = "rank " + i + " has not joined" + (last == null ? "" : ": " + last);
            if (!some) {
                throw new CollectiveException(i, why);
            }
            refuse(joining, i, why);
        }
    }

    private void refuse(Collective joining, int other, String why) {
        refused[other] = true;
        beginAnew(joining, other);
        joining.peer(other).giveUp(why);
    }

    // ---------------------------------------------------------------- asking

    private void ask(Collective joining, int to, InetSocketAddress address, long[] nextAttempt, boolean some)
            throws CollectiveException {
        if (refused[to]) {
            return;
        }
        try {
            advance(joining, to, address, nextAttempt);
        } catch (CollectiveException e) {
            if (!some) {
                throw e;
            }
            refuse(joining, to, String.valueOf(e.getMessage()));
        }
    }

    private void advance(Collective joining, int to, InetSocketAddress address, long[] nextAttempt)
            throws CollectiveException {
        var peer = joining.peer(to);
        boolean fresh = introductions[to] == null && mine[to] == null;
        if (fresh || peer.lost() != null) {
            if (queue.nanoTime() - nextAttempt[to] >= 0) {
                nextAttempt[to] = queue.nanoTime() + PAUSE_NANOS;
                reasons[to] = peer.lost();
                introductions[to] = null;
                beginAnew(joining, to);
                var hello = introduce();
                mine[to] = hello;
                var pair = pair(peer);
                pair.connect(address, new ConnectionParameters(1, 1, hello.encode(new byte[0])), ATTEMPT);
            }
            return;
        }
        var agreed = peer.agreed();
        var hello = mine[to];
        if (agreed != null && hello != null && !proven[to]) {
            byte[] answer = agreed.privateData();
            var theirs = Introduction.decode(answer);
            if (theirs == null
                    || theirs.rank() != to
                    || theirs.size() != size
                    || !theirs.proven(secret, hello, Introduction.proofIn(answer))) {
                throw new CollectiveException(
                        to, address + " is not rank " + to + " of this group, or its secret is another");
            }
            introductions[to] = theirs;
            proven[to] = true;
            sendProof(joining, peer, hello.proof(secret, theirs));
            var pulse = joining.pulse();
            if (pulse != null) {
                pulse.ask(
                        to,
                        address,
                        PulseRequest.of(rank, hello.pulseProof(secret, theirs)).encode());
            }
        }
    }

    private void beginAnew(Collective joining, int other) {
        proven[other] = false;
        var pulse = joining.pulse();
        if (pulse != null) {
            pulse.forget(other);
        }
    }

    private void sendProof(Collective joining, Peer peer, byte[] proof) {
        // A rank sends nothing to itself, so its own receive buffers are free.
        var place = joining.receiveSpan(rank, 0);
        long at = (long) peer.number() * Introduction.PROOF_BYTES;
        MemorySegment.copy(proof, 0, place.memory(), ValueLayout.JAVA_BYTE, at, proof.length);
        peer.pair().postSend(0, List.of(place.region().span(place.offset() + at, proof.length)));
    }

    private QueuePair pair(Peer peer) {
        var joining = java.util.Objects.requireNonNull(group);
        var pair = device.queuePair(new QueuePairOptions(joining.domain(), queue, DEPTH, DEPTH), peer);
        peer.use(pair);
        return pair;
    }

    private Introduction introduce() {
        return new Introduction(size, rank, random.nextLong(), random.nextLong());
    }

    // ---------------------------------------------------------------- being asked

    private void requested(ConnectionRequest request) {
        var pulse = PulseRequest.decode(request.offered().privateData());
        if (pulse != null) {
            pulseRequested(request, pulse);
            return;
        }
        var theirs = Introduction.decode(request.offered().privateData());
        var joining = group;
        if (joining == null || theirs == null || !welcome(joining, theirs)) {
            request.reject(); // it asks again if it only came too early
            return;
        }
        int from = theirs.rank();
        beginAnew(joining, from);
        joining.peer(from).close();
        var pair = pair(joining.peer(from));
        introductions[from] = theirs;
        var hello = introduce();
        mine[from] = hello;
        byte[] answer = hello.encode(hello.proof(secret, theirs));
        request.accept(pair, new ConnectionParameters(1, 1, answer));
    }

    private void pulseRequested(ConnectionRequest request, PulseRequest asked) {
        int from = asked.rank();
        var pulse = group == null ? null : group.pulse();
        if (pulse == null || from <= rank || from >= size) {
            request.reject();
            return;
        }
        var theirs = introductions[from];
        var hello = mine[from];
        if (theirs != null && hello != null && asked.isProvenBy(theirs.pulseProof(secret, hello))) {
            pulse.accept(from, request);
        } else {
            request.reject();
        }
    }

    private boolean welcome(Collective joining, Introduction theirs) {
        int from = theirs.rank();
        return theirs.size() == size
                && from > rank
                && from < size
                && !refused[from]
                && (!proven[from] || joining.peer(from).lost() != null);
    }

    private void takeProof(Peer peer) {
        var theirs = introductions[peer.number()];
        var hello = mine[peer.number()];
        if (proven[peer.number()] || theirs == null || hello == null || !peer.hasArrived()) {
            return;
        }
        var joining = java.util.Objects.requireNonNull(group);
        var got = joining.receiveSpan(peer.number(), peer.arrivedSlot()).memory();
        byte[] shown = got.asSlice(0, Introduction.PROOF_BYTES).toArray(ValueLayout.JAVA_BYTE);
        boolean right = peer.arrivedBytes() == Introduction.PROOF_BYTES && theirs.proven(secret, hello, shown);
        peer.release();
        if (right) {
            proven[peer.number()] = true;
        } else {
            peer.lose("its secret is another");
            peer.close();
        }
    }

    /** Gives up listening, if {@link #join} was not called. */
    @Override
    public void close() {
        listeners.forEach(Listener::close);
        queue.close();
    }
}
