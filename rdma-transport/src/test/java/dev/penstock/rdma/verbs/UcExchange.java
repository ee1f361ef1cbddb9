package dev.penstock.rdma.verbs;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RemoteSpan;
import dev.penstock.rdma.WorkCompletion;
import dev.penstock.rdma.verbs.UcTransfers.Kind;
import dev.penstock.rdma.verbs.UcTransfers.Transfer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One connection on which both ends ask for WRITEs, READs and SENDs at once. Each knows what the other will do, and compares every byte, that
 * nothing is written behind the last, and the order. Messages are 16 bytes: what it is, and the transfer's number; a SEND's bytes follow.
 */
final class UcExchange implements ConnectionEvents, AutoCloseable {
    /** Transfers that one end has under way. Of WRITEs and READs each has a place of its own in the memory that it goes to. */
    private static final int PLACES = 8;

    private static final int HEADER = 16;
    private static final int MESSAGE = HEADER + UcTransfers.LONGEST_SEND;

    /** A peer has under way a message for each of its transfers, one for each of ours, and the last. */
    private static final int MESSAGES = 4 * PLACES;

    private static final int WRITTEN = UcTransfers.PATTERN;
    private static final int READ = WRITTEN + PLACES * UcTransfers.LONGEST;
    private static final int HEADERS = READ + PLACES * UcTransfers.LONGEST;
    private static final int RECEIVES = HEADERS + MESSAGES * HEADER;

    private static final long DONE = 10;
    private static final long VERIFIED = 11;

    /** A work request's number. */
    private static final long LAST = -1;

    private static final int DEPTH = 256;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Device device;
    private final boolean asks;
    private final Arena arena = Arena.ofShared();
    private final ProtectionDomain domain;
    private final CompletionQueue queue;
    private final MemorySegment memory;
    private final MemoryRegion region;
    private final UcTransfers ours;
    private final UcTransfers theirs;
    private final boolean[] taken = new boolean[PLACES];
    private final ArrayDeque<Transfer> reads = new ArrayDeque<>();
    private final ArrayDeque<Transfer> unverified = new ArrayDeque<>();
    private final long[] counts = new long[Kind.values().length];
    private final WorkCompletion[] batch = new WorkCompletion[64];
    private QueuePair pair;
    private ConnectionParameters agreed;
    private Disconnect disconnect;
    private Transfer next;
    private long peerBase;
    private int peerKey;
    private int headers;
    private boolean saidDone;
    private boolean doneIsOut;
    private boolean heardDone;
    private long moved = System.nanoTime();

    UcExchange(Device device, boolean asks, long seed, long bytes) throws RdmaException {
        this.device = device;
        this.asks = asks;
        domain = device.protectionDomain();
        queue = device.completionQueue(4 * DEPTH);
        memory = Regions.map(RECEIVES + (long) MESSAGES * MESSAGE, arena);
        region = domain.register(memory, EnumSet.allOf(Access.class));
        Arrays.setAll(batch, i -> new WorkCompletion());
        ours = new UcTransfers(asks ? seed : ~seed, bytes);
        theirs = new UcTransfers(asks ? ~seed : seed, bytes);
        var random = new SplittableRandom(seed);
        for (long at = 0; at < UcTransfers.PATTERN; at += Long.BYTES) {
            memory.set(ValueLayout.JAVA_LONG, at, random.nextLong());
        }
    }

    @Override
    public void established(QueuePair p, ConnectionParameters parameters) {
        agreed = parameters;
    }

    @Override
    public void disconnected(QueuePair p, Disconnect cause) {
        disconnect = cause;
    }

    /** All of it: connects, moves, and ends the connection. */
    void run(InetSocketAddress address) throws IOException {
        connect(address);
        var peer = ByteBuffer.wrap(agreed.privateData());
        peerBase = peer.getLong();
        peerKey = peer.getInt();
        while (!over()) {
            turn();
            ask();
            check(over() || disconnect == null, "the connection ended");
        }
        if (asks) {
            pair.close();
        }
        while (disconnect == null) {
            turn();
        }
    }

    /** Whether the last message is out of our hands, which is when the connection may be closed, and the peer's is here. */
    private boolean over() {
        return doneIsOut && heardDone;
    }

    private void connect(InetSocketAddress address) throws IOException {
        byte[] where = ByteBuffer.allocate(Long.BYTES + Integer.BYTES)
                .putLong(memory.address())
                .putInt(region.remoteKey())
                .array();
        var parameters = new ConnectionParameters(PLACES, PLACES, where);
        newPair();
        try (var listener = asks ? null : device.listen(queue, address, r -> r.accept(pair, parameters))) {
            if (listener == null) {
                pair.connect(address, parameters, Duration.ofSeconds(10));
            }
            while (agreed == null) {
                turn();
                if (disconnect != null) {
                    check(asks, "no connection");
                    queue.await(Duration.ofMillis(100).toNanos());
                    newPair();
                    pair.connect(address, parameters, Duration.ofSeconds(10));
                }
            }
        }
    }

    private void newPair() {
        disconnect = null;
        pair = device.queuePair(new QueuePairOptions(domain, queue, DEPTH, DEPTH), this);
        for (int i = 0; i < MESSAGES; i++) {
            pair.postReceive(i, receive(i));
        }
    }

    private LocalSpan receive(long message) {
        return region.span(RECEIVES + message * MESSAGE, MESSAGE);
    }

    private void turn() {
        int n = queue.poll(batch);
        for (int i = 0; i < n; i++) {
            WorkCompletion completion = batch[i];
            // What an earlier try or the end has flushed says nothing.
            if (completion.queuePair() == pair && (completion.succeeded() || !over()) && agreed != null) {
                check(completion.succeeded(), completion.opcode() + " " + completion.status());
                take(completion);
            }
        }
        if (n > 0) {
            moved = System.nanoTime();
        } else {
            check(System.nanoTime() - moved < LIMIT.toNanos(), "nothing moves");
            queue.await(1_000_000);
        }
    }

    private void take(WorkCompletion completion) {
        if (completion.opcode() == WorkCompletion.Opcode.READ) {
            Transfer read = reads.remove();
            check(read.number() == completion.id() && completion.length() == read.length(), "out of order");
            compare(read, READ + place(read), UcTransfers.LONGEST);
            taken[(int) (read.number() % PLACES)] = false;
        } else if (completion.opcode() == WorkCompletion.Opcode.SEND) {
            doneIsOut |= completion.id() == LAST;
        } else if (completion.opcode() == WorkCompletion.Opcode.RECEIVE) {
            long at = receive(completion.id()).offset();
            take(memory.get(ValueLayout.JAVA_LONG, at), memory.get(ValueLayout.JAVA_LONG, at + 8), completion);
        }
    }

    private void take(long what, long number, WorkCompletion message) {
        if (what == VERIFIED) {
            Transfer transfer = unverified.remove();
            check(transfer.number() == number && message.length() == HEADER, "verified out of order");
            taken[(int) (number % PLACES)] = false;
        } else if (what == DONE) {
            while (theirs.hasNext()) {
                check(theirs.next().kind() == Kind.READ, "a transfer is missing");
            }
            check(!heardDone && number == theirs.total(), "done twice, or with another total");
            heardDone = true;
        } else {
            Transfer expected = theirs.next();
            while (expected.kind() == Kind.READ) {
                expected = theirs.next();
            }
            check(what == expected.kind().ordinal() && number == expected.number(), "not the next: " + expected);
            boolean send = expected.kind() == Kind.SEND;
            check(message.length() == HEADER + (send ? expected.length() : 0), "another length: " + message.length());
            if (send) {
                compare(expected, receive(message.id()).offset() + HEADER, UcTransfers.LONGEST_SEND);
            } else {
                compare(expected, WRITTEN + place(expected), UcTransfers.LONGEST);
            }
        }
        pair.postReceive(message.id(), receive(message.id()));
        if (what < DONE) {
            send(VERIFIED, number, List.of());
        }
    }

    private static long place(Transfer transfer) {
        return transfer.number() % PLACES * UcTransfers.LONGEST;
    }

    /** Whether the bytes are there and nothing is behind them; then clears them, so that a later transfer finds none. */
    private void compare(Transfer transfer, long at, long room) {
        long end = at + transfer.length();
        long from = transfer.offset();
        long wrong = MemorySegment.mismatch(memory, at, end, memory, from, from + transfer.length());
        check(wrong < 0, "wrong from byte " + wrong + ": " + transfer);
        for (long behind = end; behind < Math.min(end + 64, at + room); behind++) {
            check(memory.get(ValueLayout.JAVA_BYTE, behind) == 0, "written behind the end: " + transfer);
        }
        memory.asSlice(at, transfer.length()).fill((byte) 0);
    }

    /** Asks for as much as there are places. */
    private void ask() {
        while (true) {
            if (next == null && ours.hasNext()) {
                next = ours.next();
            }
            if (next == null) {
                if (!saidDone && reads.isEmpty() && unverified.isEmpty()) {
                    saidDone = true;
                    send(DONE, ours.total(), List.of());
                }
                return;
            }
            if (taken[(int) (next.number() % PLACES)]) {
                return;
            }
            ask(next);
            next = null;
        }
    }

    private void ask(Transfer transfer) {
        taken[(int) (transfer.number() % PLACES)] = true;
        counts[transfer.kind().ordinal()]++;
        var from = region.span(transfer.offset(), transfer.length());
        if (transfer.kind() == Kind.READ) {
            reads.add(transfer);
            pair.postRead(
                    transfer.number(),
                    region.span(READ + place(transfer), transfer.length()),
                    new RemoteSpan(peerKey, peerBase + transfer.offset(), transfer.length()));
            return;
        }
        unverified.add(transfer);
        if (transfer.kind() == Kind.WRITE) {
            var to = new RemoteSpan(peerKey, peerBase + WRITTEN + place(transfer), transfer.length());
            pair.postWrite(transfer.number(), List.of(from), to);
        }
        send(transfer.kind().ordinal(), transfer.number(), transfer.kind() == Kind.SEND ? List.of(from) : List.of());
    }

    private void send(long what, long number, List<LocalSpan> bytes) {
        long at = HEADERS + (long) (headers++ % MESSAGES) * HEADER;
        memory.set(ValueLayout.JAVA_LONG, at, what);
        memory.set(ValueLayout.JAVA_LONG, at + 8, number);
        var header = region.span(at, HEADER);
        pair.postSend(
                what == DONE ? LAST : number, bytes.isEmpty() ? List.of(header) : List.of(header, bytes.getFirst()));
    }

    private void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what + "; " + this + "; " + disconnect);
        }
    }

    /** Bytes that we asked for and that the peer did. */
    long moved() {
        return ours.total() + theirs.total();
    }

    @Override
    public String toString() {
        return counts[0] + " writes, " + counts[1] + " reads, " + counts[2] + " sends of ours, " + ours.total()
                + " bytes, and " + theirs.total() + " bytes of the peer's";
    }

    @Override
    public void close() {
        queue.close();
        domain.close();
        arena.close();
    }
}
