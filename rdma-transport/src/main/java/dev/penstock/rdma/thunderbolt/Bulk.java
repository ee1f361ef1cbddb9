package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.MemoryKey;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Long segments of a connection, which go past the frames: out of registered memory and into registered memory, copied by nobody. The receiver posts its
 * receives into the very place before the sender sends; checksums, sent in a frame, say which pieces are where they belong, and the others come in
 * frames. A port on which something was lost has receives that nobody knows the place of, so it is given up, and another is made after a pause: what
 * is for links that lose nothing is not tried over and over on others.
 *
 * <p>One transfer lands at a time; segments behind it wait. Of the queue's owner, but for the hint that a key is being closed.
 */
final class Bulk implements BulkPort.Completions {
    private static final Logger LOG = LoggerFactory.getLogger(Bulk.class);

    /** Payload from which a segment goes this way: it costs a round trip more. */
    static final int FROM = 128 << 10;

    /** A transfer's pieces at most, so that a word says which are missing. */
    private static final int MOST_PIECES = Long.SIZE;

    /** Payload of one segment at most. */
    static final int MOST = MOST_PIECES * BulkPort.PIECE;

    /** One that is being brought over, and one behind it that the peer knows of. */
    private static final int LAUNCHES = 2;

    /** How long nothing may come, once all was sent, before the rest is taken for lost. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int GENERATIONS = 0xFFFF;

    /** The connection whose segments these are. */
    interface Connection {
        /** A port for it; null where there is none to be had. */
        @Nullable
        BulkPort bulkPort() throws IOException;

        /** The segment that was to be placed is in place. */
        void landed();

        /** The peer has a segment. */
        void delivered(OutgoingSegment segment);

        /** A key was closed under a transfer: of what the peer reads, or writes. */
        void keyClosed(boolean reads);
    }

    private final Connection connection;
    private final Counters counters;
    private final ArrayDeque<byte[]> words = new ArrayDeque<>();
    private final ArrayDeque<Launch> launches = new ArrayDeque<>();
    private final ArrayDeque<OutgoingSegment> spare = new ArrayDeque<>();
    private final int mostBehind;
    private @Nullable Landing landing;
    private @Nullable BulkPort port;
    private int generation;
    /** The last that was given up here, until the peer was told. */
    private int ended;

    private boolean connected;
    private boolean refused;
    private long now;
    private long pause = FIRST_PAUSE_NANOS;
    private long pausedUntil;
    private volatile boolean keyIsClosing;
    private volatile @Nullable Thread owner;

    /**
     * Nothing yet.
     *
     * @param peerReceives frames that the peer has receives for: segments that wait there take some
     */
    Bulk(Connection connection, Counters counters, int peerReceives, long now) {
        this.connection = connection;
        this.counters = counters;
        this.mostBehind = Math.clamp(peerReceives / 8, 1, 16);
        this.now = now;
        this.pausedUntil = now;
        for (int i = 0; i < LAUNCHES; i++) {
            spare.add(new OutgoingSegment());
        }
    }

    static int pieces(long bytes) {
        return (int) ((bytes + BulkPort.PIECE - 1) / BulkPort.PIECE);
    }

    static long all(int pieces) {
        return -1L >>> (Long.SIZE - pieces);
    }

    static long end(MemorySegment of, int piece) {
        return Math.min(of.byteSize(), (piece + 1L) * BulkPort.PIECE);
    }

    static MemorySegment piece(MemorySegment of, int piece) {
        long at = (long) piece * BulkPort.PIECE;
        return of.asSlice(at, end(of, piece) - at);
    }

    static int checksum(CRC32C crc, MemorySegment of) {
        crc.reset();
        crc.update(of.asByteBuffer());
        return (int) crc.getValue();
    }

    // ---------------------------------------------------------------- this side's segments

    /** Something to be filled with a segment that may be long; null where such a one cannot go now. */
    @Nullable
    OutgoingSegment segment() {
        boolean may = port == null ? !refused && now - pausedUntil >= 0 : connected || launches.isEmpty();
        return may ? spare.peek() : null;
    }

    /** Whether segments have to wait: the peer has enough that it cannot deal with yet. */
    boolean mustWait() {
        var newest = launches.peekLast();
        return newest != null && (!newest.isTold() || spare.isEmpty() || launches.element().behind >= mostBehind);
    }

    /** Another segment goes in a frame. */
    void passed() {
        for (Launch launch : launches) {
            launch.behind++;
        }
    }

    /** Sends a long segment, which is one of {@link #segment}; false where its key is closed. There is a word to be sent then. */
    boolean launch(OutgoingSegment segment) {
        owner = Thread.currentThread();
        Runnable whenClosing = this::keyIsClosing;
        MemoryKey guard = segment.guard();
        if (guard != null && !guard.enter(whenClosing)) {
            return false;
        }
        passed();
        spare.remove();
        open(generation + 1);
        var by = port == null ? null : port.pin(segment.part(0));
        launches.add(new Launch(segment, whenClosing, by));
        words.add(BulkWord.prepare(by != null, segment));
        return true;
    }

    /** Writes what goes before any segment; false where there is nothing. */
    boolean next(ByteBuffer into) {
        byte[] word = words.poll();
        if (word != null) {
            into.put(word);
            return true;
        }
        var first = launches.peek();
        if (first == null || !first.repair(into)) {
            return false;
        }
        counters.fellBack.count();
        if (first.isOver()) {
            delivered();
        }
        return true;
    }

    private void delivered() {
        Launch done = launches.remove();
        done.end();
        spare.add(done.segment());
        connection.delivered(done.segment());
    }

    // ---------------------------------------------------------------- the port

    private void open(int of) {
        if (port != null || refused || now - pausedUntil < 0) {
            return;
        }
        try {
            port = connection.bulkPort();
        } catch (IOException e) {
            LOG.debug("no port for long transfers", e);
        }
        var made = port;
        if (made == null) {
            refused = true;
            return;
        }
        generation = of > GENERATIONS ? 1 : of;
        connected = false;
        words.add(BulkWord.open(generation, made.address()));
    }

    private void opened(int of, byte[] address) throws IOException {
        if (port == null || generation != of) {
            giveUp();
            pausedUntil = now; // the peer has waited
            open(of);
        }
        if (port != null) {
            port.connect(address);
            connected = true;
        }
    }

    /** The port goes; what was under way on it will be found missing. */
    private void giveUp() {
        var old = port;
        if (old == null) {
            return;
        }
        port = null;
        connected = false;
        ended = generation;
        old.close();
        launches.forEach(Launch::portClosed);
        if (landing != null) {
            landing.unpin();
        }
        pausedUntil = now + pause;
        pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
    }

    @Override
    public void received(int piece, int bytes) {
        var to = landing;
        if (to != null && port != null) {
            to.received(piece, bytes, now);
            to.post(port);
        }
    }

    @Override
    public void sent(int piece) {
        var first = launches.peek();
        if (first != null) {
            first.left(piece);
        }
    }

    @Override
    public void broken() {
        LOG.debug("a port for long transfers is broken");
        giveUp();
    }

    // ---------------------------------------------------------------- turns

    /** Goes on; whether anything moved. */
    boolean progress(long time) {
        now = time;
        if (landing == null && launches.isEmpty() && !keyIsClosing) {
            return false;
        }
        if (keyIsClosing) {
            closeKey();
            return true;
        }
        boolean moved = false;
        if (port != null) {
            moved = port.poll(this);
        }
        moved |= progressLaunch();
        moved |= progressLanding();
        if (port != null) {
            port.flush();
        }
        return moved;
    }

    private boolean progressLaunch() {
        var first = launches.peek();
        if (first == null) {
            return false;
        }
        if (first.isOver()) {
            delivered();
            return true;
        }
        byte[] word = first.progress(port);
        if (word != null) {
            words.add(word);
        }
        return word != null || first.isSumming();
    }

    private boolean progressLanding() {
        var to = landing;
        if (to == null || !to.isDecided(port != null, PATIENCE_NANOS, now)) {
            return false;
        }
        long wrong = to.wrong();
        if (wrong == 0) {
            pause = FIRST_PAUSE_NANOS;
            counters.placed.add(to.pieces());
            words.add(BulkWord.LANDED.alone());
            land(to);
            return true;
        }
        giveUp();
        fallBack(to, wrong);
        return true;
    }

    private void fallBack(Landing to, long missing) {
        words.add(BulkWord.missing(missing, ended));
        ended = 0;
        to.await(missing);
    }

    private void land(Landing done) {
        landing = null;
        done.end();
        connection.landed();
    }

    // ---------------------------------------------------------------- the peer's

    /** Whether a segment of the peer's is on its way past the frames, and others have to wait for it. */
    boolean isLanding() {
        return landing != null;
    }

    /** A segment was prepared, and may be placed; false where its key is closed. */
    boolean prepared(boolean byPort, MemorySegment into, @Nullable MemoryKey key) {
        owner = Thread.currentThread();
        Runnable whenClosing = this::keyIsClosing;
        if (key != null && !key.enter(whenClosing)) {
            return false;
        }
        var to = new Landing(into, key, whenClosing, now);
        landing = to;
        if (!byPort) {
            to.await(all(to.pieces()));
        } else if (port != null && connected && to.post(port)) {
            port.flush();
            words.add(BulkWord.GRANT.alone());
        } else {
            fallBack(to, all(to.pieces()));
        }
        return true;
    }

    /** Takes a word, but for PREPARE. */
    void heard(BulkWord word, ByteBuffer from) throws BulkWord.BrokenWordException, IOException {
        switch (word) {
            case OPEN -> opened(BulkWord.generation(from), BulkWord.address(from));
            case GRANT -> first().granted();
            case SENT -> {
                var to = landing();
                to.sent(BulkWord.checksums(from, to.pieces()), now);
            }
            case LANDED -> {
                first().landed();
                pause = FIRST_PAUSE_NANOS;
            }
            case MISSING -> {
                BulkWord.need(from, Long.BYTES + Short.BYTES);
                long pieces = from.getLong();
                int gone = BulkWord.generation(from);
                if (port != null && !connected) {
                    refused = true; // an answer to OPEN would have come before
                    giveUp();
                } else if (gone == generation) {
                    giveUp();
                }
                first().missing(pieces);
            }
            case PIECE -> {
                if (from.remaining() < Integer.BYTES) {
                    throw new BulkWord.BrokenWordException("a piece without a place");
                }
                var to = landing();
                if (to.repaired(from.getInt(), from)) {
                    land(to);
                }
            }
            case PREPARE -> throw new IllegalArgumentException("a segment");
        }
    }

    /** The one that the peer's answers are about: it lets them land in their order. */
    private Launch first() throws BulkWord.BrokenWordException {
        for (Launch launch : launches) {
            if (!launch.isThere()) {
                return launch;
            }
        }
        throw new BulkWord.BrokenWordException("an answer to nothing");
    }

    private Landing landing() throws BulkWord.BrokenWordException {
        if (landing == null) {
            throw new BulkWord.BrokenWordException("nothing was prepared");
        }
        return landing;
    }

    // ---------------------------------------------------------------- ends

    /** By whoever closes a key, who waits until its memory is left alone. */
    private void keyIsClosing() {
        keyIsClosing = true;
        if (Thread.currentThread().equals(owner)) {
            closeKey();
        }
    }

    private void closeKey() {
        keyIsClosing = false;
        boolean writes = landing != null && landing.isKeyClosed();
        if (writes || launches.stream().anyMatch(Launch::isKeyClosed)) {
            close();
            connection.keyClosed(!writes);
        }
    }

    /** Touches no memory any more, and forgets what was under way. */
    void close() {
        giveUp();
        refused = true;
        words.clear();
        launches.forEach(Launch::end);
        launches.clear();
        if (landing != null) {
            landing.end();
            landing = null;
        }
    }
}
