package dev.penstock.collective;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.WorkCompletion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group of ranks that compute together. Belongs to the thread that joined it. Every rank has to call the same operations with the same
 * lengths in the same order.
 *
 * <p>Results are the same on all ranks to the last bit: each adds all vectors itself, in the order of the ranks.
 *
 * <p><b>How an exchange keeps its memory right.</b> In each exchange a rank sends one message to every other and awaits one from every other. A
 * peer can therefore be ahead by one exchange and no more: to end the next it needs our message. So two receive buffers per peer are
 * enough, if a buffer is posted again before our next message goes out; and two send buffers, if the one is not filled before the sends from
 * it are complete.
 */
public final class Collective implements AutoCloseable {
    private static final int BARRIER = 1;
    private static final int ALL_REDUCE = 2;
    private static final int BROADCAST = 3;

    /** In front of each message: operation, number of the exchange, length. A line of its own, so that the data is aligned. */
    private static final int HEADER = 64;

    /** Parked waits are cut so that a group which another thread has closed is noticed. */
    private static final long PARK_NANOS = 100_000_000;

    /** What a leaving rank waits for a peer that does not take its last message. */
    private static final long CLOSE_NANOS = 1_000_000_000;

    private final CollectiveOptions options;
    private final int rank;
    private final int size;
    private final CompletionQueue queue;
    private final ProtectionDomain domain;
    private final MemoryRegion region;
    private final Peer[] peers;
    private final @Nullable Pulse pulse;
    private final int slotBytes;
    private final float[] sum;
    private final float[] other;
    private final int[] sendsOutstanding = new int[2];
    private final WorkCompletion[] batch = new WorkCompletion[16];
    private int exchange;
    private boolean closed;

    Collective(Device device, CompletionQueue queue, CollectiveOptions options, int rank, int size)
            throws RdmaException {
        this.options = options;
        this.rank = rank;
        this.size = size;
        this.queue = queue;
        this.domain = device.protectionDomain();
        this.slotBytes = HEADER + options.chunkBytes();
        // Two send buffers, and two receive buffers per peer; our own two are not used.
        this.region = domain.register(
                Regions.map(2L * slotBytes * (1 + size), Arena.ofAuto()), EnumSet.of(Access.LOCAL_WRITE));
        this.peers = new Peer[size];
        this.pulse = size > 1 && !device.detectsSilence() ? new Pulse(device, size, queue::wakeup) : null;
        this.sum = new float[options.chunkBytes() / Float.BYTES];
        this.other = new float[options.chunkBytes() / Float.BYTES];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = new WorkCompletion();
        }
        for (int i = 0; i < size; i++) {
            peers[i] = new Peer(this, i);
        }
    }

    /**
     * Joins a group: waits until all ranks are there.
     *
     * @param rank this one's
     * @param addresses of all ranks, in their order; this one listens on its own while it joins
     * @param secret known to all ranks; may be empty, and then any process that can connect can take a rank
     * @throws CollectiveException where a rank has not come in time, or knows another secret
     */
    public static Collective join(
            Device device, CollectiveOptions options, int rank, List<InetSocketAddress> addresses, byte[] secret)
            throws IOException {
        return CollectiveBootstrap.listen(device, addresses.get(rank)).join(options, rank, addresses, secret);
    }

    /** This rank. */
    public int rank() {
        return rank;
    }

    /** Number of ranks. */
    public int size() {
        return size;
    }

    /** Returns when every rank has called it. */
    public void barrier() throws CollectiveException {
        exchange(BARRIER, 0);
        nextExchange();
    }

    /**
     * Adds the vectors of all ranks; each has the sum afterwards.
     *
     * @param floats in the machine's byte order, aligned to 4 bytes
     * @param count how many of them, from the start
     */
    public void allReduce(MemorySegment floats, long count) throws CollectiveException {
        long at = 0;
        do {
            int n = (int) Math.min(count - at, sum.length);
            var part = floats.asSlice(at * Float.BYTES, (long) n * Float.BYTES);
            MemorySegment.copy(part, 0, sendBuffer(), HEADER, part.byteSize());
            exchange(ALL_REDUCE, n * Float.BYTES);
            add(n);
            MemorySegment.copy(sum, 0, part, ValueLayout.JAVA_FLOAT, 0, n);
            nextExchange();
            at += n;
        } while (at < count);
    }

    /**
     * Gives the bytes of one rank to all.
     *
     * @param bytes of the same length on all ranks; read on the root, written on the others
     */
    public void broadcast(MemorySegment bytes, int root) throws CollectiveException {
        long length = bytes.byteSize();
        long at = 0;
        do {
            int n = (int) Math.min(length - at, options.chunkBytes());
            if (rank == root) {
                MemorySegment.copy(bytes, at, sendBuffer(), HEADER, n);
            }
            exchange(BROADCAST, n, root);
            if (rank != root) {
                MemorySegment.copy(received(root), HEADER, bytes, at, n);
            }
            nextExchange();
            at += n;
        } while (at < length);
    }

    /** Looks, without waiting, whether all peers are still there: for a rank that has nothing to do. */
    public void checkPeers() throws CollectiveException {
        poll();
        for (Peer peer : peers) {
            peer.check();
        }
    }

    /** Leaves the group, after the last operation's messages have gone out; later operations of the others fail. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        long deadline = queue.nanoTime() + CLOSE_NANOS;
        while (sendsOutstanding[0] + sendsOutstanding[1] > 0 && queue.nanoTime() - deadline < 0) {
            if (!poll()) {
                queue.await(CLOSE_NANOS / 100);
            }
        }
        for (Peer peer : peers) {
            peer.close();
        }
        // The ends of the connections want to be heard; they are local and need no answer.
        queue.poll(batch);
        if (pulse != null) {
            pulse.close();
        }
        region.close();
        domain.close();
        queue.close();
    }

    // ---------------------------------------------------------------- one exchange

    /** Adds in the order of the ranks. Arrays, not segments: the compiler knows that two arrays do not overlap, and uses vectors. */
    private void add(int n) {
        MemorySegment.copy(contribution(0), ValueLayout.JAVA_FLOAT, HEADER, sum, 0, n);
        for (int i = 1; i < size; i++) {
            MemorySegment.copy(contribution(i), ValueLayout.JAVA_FLOAT, HEADER, other, 0, n);
            add(sum, other, n);
        }
    }

    private static void add(float[] to, float[] from, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += from[i];
        }
    }

    private MemorySegment contribution(int of) {
        return of == rank ? sendBuffer() : received(of);
    }

    private void exchange(int operation, int bytes) throws CollectiveException {
        exchange(operation, bytes, -1);
    }

    /** Sends to all and awaits all. With a root, only it sends the bytes, and the others an empty message. */
    private void exchange(int operation, int bytes, int root) throws CollectiveException {
        if (closed) {
            throw new CollectiveException(rank, "the group is closed");
        }
        int mine = root < 0 || root == rank ? bytes : 0;
        var header = sendBuffer();
        header.set(ValueLayout.JAVA_INT, 0, operation);
        header.set(ValueLayout.JAVA_INT, 4, exchange);
        header.set(ValueLayout.JAVA_LONG, 8, bytes);
        var message = List.of(region.span((long) parity() * slotBytes, HEADER + (long) mine));
        for (Peer peer : peers) {
            if (peer.number() != rank) {
                peer.check();
                sendsOutstanding[parity()]++;
                peer.pair().postSend(sendId(), message);
            }
        }
        poll(); // our message goes out now, even if the others' have all come before
        long deadline = deadline();
        for (Peer peer : peers) {
            await(peer, deadline);
            if (peer.number() != rank) {
                var got = received(peer.number());
                long expected = root < 0 || root == peer.number() ? bytes : 0;
                boolean same = got.get(ValueLayout.JAVA_INT, 0) == operation
                        && got.get(ValueLayout.JAVA_INT, 4) == exchange
                        && got.get(ValueLayout.JAVA_LONG, 8) == bytes
                        && peer.arrivedBytes() == HEADER + expected;
                if (!same) {
                    throw new CollectiveException(
                            peer.number(), "rank " + peer.number() + " is in another operation than rank " + rank);
                }
            }
        }
    }

    private void await(Peer peer, long deadline) throws CollectiveException {
        if (peer.number() == rank || peer.hasArrived()) {
            return;
        }
        spinAndPark(deadline, peer, peer::hasArrived, true);
    }

    private interface Condition {
        boolean met();
    }

    /**
     * Polls until the condition is met.
     *
     * @param peer who is late where it is not met in time
     * @param needsAll whether it can be met only while every rank is there: a rank that the peer itself waits for may be lost to us alone
     */
    private void spinAndPark(long deadline, Peer peer, Condition condition, boolean needsAll)
            throws CollectiveException {
        long start = queue.nanoTime();
        while (true) {
            boolean any = poll();
            if (condition.met()) {
                return;
            }
            if (needsAll) {
                for (Peer each : peers) {
                    each.check();
                }
            } else {
                peer.check();
            }
            long now = queue.nanoTime();
            if (now - deadline >= 0) {
                throw new CollectiveException(peer.number(), "rank " + peer.number() + " is too late");
            }
            if (!any) {
                idle(now - start, deadline - now);
            }
        }
    }

    private void idle(long waited, long left) {
        if (waited < options.spinNanos()) {
            Thread.onSpinWait();
        } else if (waited < options.spinNanos() + options.yieldNanos()) {
            Thread.yield();
        } else {
            queue.await(Math.min(PARK_NANOS, left));
        }
    }

    /** Gives the buffers of this exchange back. After this our next message may go out. */
    private void nextExchange() throws CollectiveException {
        for (Peer peer : peers) {
            if (peer.number() != rank) {
                peer.release();
            }
        }
        exchange++;
        // The buffer of the exchange before this one comes round.
        int next = parity();
        if (sendsOutstanding[next] > 0) {
            long deadline = deadline();
            for (Peer peer : peers) {
                if (peer.number() != rank) {
                    spinAndPark(deadline, peer, () -> sendsOutstanding[next] == 0, false);
                }
            }
        }
    }

    // ---------------------------------------------------------------- with one rank

    /**
     * Sends one rank a header and so many bytes of whatever is in the buffer, and does not wait for it. For {@link LinkSurvey}: two such
     * messages may be under way that the other rank has not taken.
     */
    void post(int to, int operation, int bytes) throws CollectiveException {
        var peer = peers[to];
        int at = parity();
        spinAndPark(deadline(), peer, () -> sendsOutstanding[at] == 0, false);
        peer.check();
        var header = sendBuffer();
        header.set(ValueLayout.JAVA_INT, 0, operation);
        header.set(ValueLayout.JAVA_LONG, 8, bytes);
        sendsOutstanding[at]++;
        peer.pair().postSend(sendId(), List.of(region.span((long) at * slotBytes, HEADER + (long) bytes)));
        exchange++;
        poll();
    }

    /** A message of one rank: what it says it is, and how long it is. */
    record Message(int operation, long bytes) {}

    /** Awaits the next message of one rank, and takes nothing of it but the header. */
    Message take(int from) throws CollectiveException {
        var peer = peers[from];
        spinAndPark(deadline(), peer, peer::hasArrived, false);
        var got = received(from);
        var message = new Message(got.get(ValueLayout.JAVA_INT, 0), got.get(ValueLayout.JAVA_LONG, 8));
        if (peer.arrivedBytes() != HEADER + message.bytes) {
            throw new CollectiveException(from, "rank " + from + " does something else than rank " + rank);
        }
        peer.release();
        return message;
    }

    private long deadline() {
        return queue.nanoTime() + options.operationTimeout().toNanos();
    }

    private int parity() {
        return exchange & 1;
    }

    private long sendId() {
        return -1L - parity();
    }

    private MemorySegment sendBuffer() {
        return region.memory().asSlice((long) parity() * slotBytes, slotBytes);
    }

    private MemorySegment received(int from) {
        return receiveSpan(from, peers[from].arrivedSlot()).memory();
    }

    LocalSpan receiveSpan(int from, int slot) {
        return region.span((2L + 2L * from + slot) * slotBytes, slotBytes);
    }

    boolean poll() {
        int n = queue.poll(batch);
        for (int i = 0; i < n; i++) {
            var c = batch[i];
            if (c.opcode() == WorkCompletion.Opcode.RECEIVE) {
                // A rank that asked twice has an older connection, whose messages count no more.
                if (c.succeeded() && c.queuePair().events() instanceof Peer peer && peer.uses(c.queuePair())) {
                    peer.arrived((int) c.id(), c.length());
                }
            } else if (c.id() < 0) {
                sendsOutstanding[(int) (-1 - c.id())]--;
            }
        }
        return n > 0;
    }

    Peer peer(int number) {
        return peers[number];
    }

    @Nullable
    Pulse pulse() {
        return pulse;
    }

    /** Why the pulse takes a rank for lost; null where it does not. */
    @Nullable
    String silence(int number) {
        return pulse == null ? null : pulse.silence(number);
    }

    ProtectionDomain domain() {
        return domain;
    }

    CompletionQueue queue() {
        return queue;
    }
}
