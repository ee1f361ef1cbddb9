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

    /** More than a peer that waits for an answer has us say at once. */
    private static final int MOST_WORDS = 32;

    /** The connection whose segments these are. */
    interface Connection {
        /** The segment that was to be placed is in place. */
        void landed();

        /** The peer has a segment. */
        void delivered(OutgoingSegment segment);

        /** A key was closed under a transfer: of what the peer reads, or writes. */
        void keyClosed(boolean reads);
    }

    private final Connection connection;
    private final Counters counters;
    private final BulkPorts ports;
    private final ArrayDeque<byte[]> words = new ArrayDeque<>();
    private final ArrayDeque<Launch> launches = new ArrayDeque<>();
    private final ArrayDeque<OutgoingSegment> spare = new ArrayDeque<>();
    private final Runnable whenClosing = this::keyIsClosing;
    private final int mostBehind;
    private @Nullable Landing landing;
    private long now;
    private volatile boolean keyIsClosing;
    private volatile @Nullable Thread owner;

    /**
     * Nothing yet.
     *
     * @param maker of ports
     * @param peerReceives frames that the peer has receives for: segments that wait there take some
     */
    Bulk(Connection connection, BulkPorts.Maker maker, Counters counters, int peerReceives, long now) {
        this.connection = connection;
        this.counters = counters;
        this.mostBehind = Math.clamp(peerReceives / 8, 1, 16);
        this.now = now;
        this.ports = new BulkPorts(maker, now);
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

    /** Where a piece ends of a transfer of so many bytes. */
    static long end(long bytes, int piece) {
        return Math.min(bytes, (piece + 1L) * BulkPort.PIECE);
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
        boolean may = ports.connected() != null || ports.mayOpen(now) || (ports.port() != null && launches.isEmpty());
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
        var from = enter(segment.part(0), segment.guard());
        if (from == null) {
            return false;
        }
        passed();
        spare.remove();
        say(ports.open(now));
        var port = ports.port();
        boolean byPort = port != null && from.pin(port);
        launches.add(new Launch(segment, from));
        words.add(BulkWord.prepare(byPort, segment));
        return true;
    }

    /** Begins to use memory; null where its key is closed. */
    private @Nullable BulkMemory enter(MemorySegment memory, @Nullable MemoryKey key) {
        owner = Thread.currentThread();
        return key == null || key.enter(whenClosing) ? new BulkMemory(memory, key, whenClosing) : null;
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
        done.memory().end();
        spare.add(done.segment());
        connection.delivered(done.segment());
    }

    // ---------------------------------------------------------------- the port

    private void opened(int of, byte[] address) throws IOException, BulkWord.BrokenWordException {
        if (!ports.is(of)) {
            giveUp();
            say(ports.follow(of, now));
        }
        ports.connect(address);
    }

    private void say(byte @Nullable [] word) {
        if (word != null) {
            words.add(word);
        }
    }

    /** The port goes; what was under way on it will be found missing. */
    private void giveUp() {
        if (ports.giveUp(now)) {
            launches.forEach(Launch::portClosed);
            if (landing != null) {
                landing.memory().unpin();
            }
        }
    }

    @Override
    public void received(int piece, int bytes) {
        var to = landing;
        var port = ports.port();
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
        var polled = ports.port();
        boolean moved = polled != null && polled.poll(this);
        moved |= progressLaunch();
        moved |= progressLanding();
        var port = ports.port();
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
        byte[] word = first.progress(ports.port());
        say(word);
        return word != null || first.isSumming();
    }

    private boolean progressLanding() {
        var to = landing;
        if (to == null || !to.isDecided(ports.port() != null, PATIENCE_NANOS, now)) {
            return false;
        }
        long wrong = to.wrong();
        if (wrong == 0) {
            ports.worked();
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
        words.add(BulkWord.missing(missing, ports.takeEnded()));
        to.await(missing);
    }

    private void land(Landing done) {
        landing = null;
        done.memory().end();
        connection.landed();
    }

    // ---------------------------------------------------------------- the peer's

    /** Whether a segment of the peer's is on its way past the frames, and others have to wait for it. */
    boolean isLanding() {
        return landing != null;
    }

    /** A segment was prepared, and may be placed; false where its key is closed. */
    boolean prepared(boolean byPort, MemorySegment into, @Nullable MemoryKey key) {
        var memory = enter(into, key);
        if (memory == null) {
            return false;
        }
        var to = new Landing(memory, now);
        landing = to;
        var port = ports.connected();
        if (!byPort) {
            to.await(all(to.pieces()));
        } else if (port != null && memory.pin(port)) {
            to.post(port);
            port.flush();
            words.add(BulkWord.GRANT.alone());
        } else {
            fallBack(to, all(to.pieces()));
        }
        return true;
    }

    /** Takes a word, but for PREPARE. */
    void heard(BulkWord word, ByteBuffer from) throws BulkWord.BrokenWordException, IOException {
        if (words.size() > MOST_WORDS) {
            throw new BulkWord.BrokenWordException("answers are not waited for");
        }
        switch (word) {
            case OPEN -> opened(BulkWord.generation(from), BulkWord.address(from));
            case GRANT -> first().granted();
            case SENT -> {
                var to = landing();
                to.sent(BulkWord.checksums(from, to.pieces()), now);
            }
            case LANDED -> {
                first().landed();
                ports.worked();
            }
            case MISSING -> {
                BulkWord.need(from, Long.BYTES + Short.BYTES);
                long pieces = from.getLong();
                int gone = BulkWord.generation(from);
                boolean unanswered = ports.port() != null && ports.connected() == null;
                if (unanswered) {
                    ports.refuse(); // an answer to OPEN would have come before
                }
                if (unanswered || ports.is(gone)) {
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
        boolean writes = landing != null && landing.memory().isKeyClosed();
        if (writes || launches.stream().anyMatch(launch -> launch.memory().isKeyClosed())) {
            close();
            connection.keyClosed(!writes);
        }
    }

    /** Touches no memory any more, and forgets what was under way. */
    void close() {
        giveUp();
        ports.refuse();
        words.clear();
        launches.forEach(launch -> launch.memory().end());
        launches.clear();
        if (landing != null) {
            landing.memory().end();
            landing = null;
        }
    }
}
