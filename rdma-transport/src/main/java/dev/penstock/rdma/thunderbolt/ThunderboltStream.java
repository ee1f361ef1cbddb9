package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.Carrier;
import dev.penstock.rdma.rdmap.DdpHeader;
import dev.penstock.rdma.rdmap.MemoryKey;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import dev.penstock.rdma.rdmap.SocketQueue;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.Terminate;
import dev.penstock.rdma.rdmap.TerminateException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection from the exchange of greetings to the close of its port: one segment in each frame. Of the queue's owner. */
final class ThunderboltStream
        implements Carrier,
                ReliableFrames.User,
                Bulk.Connection,
                SocketQueue.Endpoint,
                SocketQueue.Timed,
                AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ThunderboltStream.class);

    /** How long a closed connection stays to bring out the rest, and to acknowledge the peer's. */
    static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private enum Phase {
        /** The peer has not posted its receives yet. */
        WAITING,
        OPEN,
        /** Ended here; the rest is brought out. */
        LEAVING,
        /** Ended here, all is out, and the peer has been told. */
        LEFT,
        CLOSED
    }

    private final ThunderboltDevice device;
    private final ThunderboltQueue queue;
    private final SoftQueuePair pair;
    private final SocketChannel channel;
    private final SideChannel side;
    private final FramePort port;
    private final OutgoingSegment segment = new OutgoingSegment();
    private final DdpHeader header = new DdpHeader();
    private @Nullable ReliableFrames frames;
    private @Nullable Bulk bulk;
    private @Nullable ConnectionParameters agreed;
    private @Nullable ByteBuffer terminate;
    private Phase phase = Phase.WAITING;
    private long deadline;

    /** Whether the owner has looked at the frames since the last beat: written by both, and only ever a hint. */
    private volatile boolean looked;

    /** Takes over the side channel and the connected port. */
    ThunderboltStream(
            ThunderboltDevice device,
            ThunderboltQueue queue,
            SoftQueuePair pair,
            SocketChannel channel,
            FramePort port) {
        this.device = device;
        this.queue = queue;
        this.pair = pair;
        this.channel = channel;
        this.side = new SideChannel(channel);
        this.port = port;
    }

    /** Posts the receives. */
    void start(int connection, int peerReceives) throws IOException {
        queue.register(channel, SelectionKey.OP_READ, this);
        var made = new ReliableFrames(port, connection, peerReceives, this, queue.nanoTime());
        frames = made;
        bulk = new Bulk(this, this::bulkPort, made.counting(), peerReceives, queue.nanoTime());
        device.counting().add(made.counting());
        pair.carrier(this);
        queue.add(this);
    }

    /** Has the peer told that we live; our greeting is out. */
    void beginToBeat() {
        if (phase != Phase.CLOSED) {
            device.heartbeat().add(this);
        }
    }

    /** Tells the peer not to take silence for the end, where the owner does not look. By the heartbeat's thread. */
    void beat() {
        if (looked) {
            looked = false;
            return;
        }
        try {
            side.mention(SideChannel.BUSY);
        } catch (IOException e) {
            LOG.trace("a link ends", e); // as the owner will find out
        }
    }

    void sayReady() throws IOException {
        side.say(SideChannel.READY);
    }

    /** Establishes once the peer says that it is ready. */
    void establishWhenReady(ConnectionParameters parameters) {
        agreed = parameters;
    }

    void establish(ConnectionParameters parameters) {
        phase = Phase.OPEN;
        pair.established(parameters);
    }

    /** Whether it has something that the peer should still get. */
    boolean isLeaving() {
        return phase == Phase.LEAVING;
    }

    // ---------------------------------------------------------------- the queue's turns

    boolean progress(long now) {
        looked = true;
        if (phase == Phase.WAITING || phase == Phase.CLOSED) {
            return false;
        }
        var carried = java.util.Objects.requireNonNull(frames);
        boolean moved = carried.progress(now);
        moved |= bulk().progress(now);
        carried.deliverKept();
        if (carried.failure() != null) {
            lost(String.valueOf(carried.failure()));
        } else if (phase == Phase.LEAVING && carried.drained() && terminate == null) {
            leave();
        }
        return moved;
    }

    private void leave() {
        phase = Phase.LEFT;
        try {
            side.say(SideChannel.GOODBYE);
            side.finish();
        } catch (IOException e) {
            LOG.debug("on leaving", e);
            close();
        }
    }

    private void lost(String why) {
        boolean told = phase == Phase.LEAVING || phase == Phase.LEFT;
        close();
        if (!told) {
            pair.end(RdmaStatus.CONNECTION_LOST, why, null);
        }
    }

    // ---------------------------------------------------------------- side channel

    /** Deals with words that came together with the greeting. */
    void heard(ByteBuffer words) throws IOException {
        side.heard(words);
        while (side.hasHeard() && phase != Phase.CLOSED) {
            hear();
        }
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        hear();
    }

    private void hear() throws IOException {
        int word = side.hear();
        while (word == SideChannel.BUSY) {
            java.util.Objects.requireNonNull(frames).excuse(queue.nanoTime());
            word = side.hear();
        }
        switch (word) {
            case SideChannel.READY -> {
                var parameters = agreed;
                if (phase == Phase.WAITING && parameters != null) {
                    agreed = null;
                    establish(parameters);
                }
            }
            case SideChannel.GOODBYE -> {
                // The peer's frames were acknowledged, so they were dealt with; ours it does not want any more.
                boolean open = phase == Phase.OPEN || phase == Phase.WAITING;
                close();
                if (open) {
                    pair.end(RdmaStatus.DISCONNECTED, "closed by the peer", null);
                }
            }
            case SideChannel.NOTHING -> {}
            default -> lost("the side channel has ended");
        }
    }

    @Override
    public void failed(IOException e) {
        lost("the side channel: " + e.getMessage());
    }

    // ---------------------------------------------------------------- segments

    @Override
    public boolean next(ByteBuffer into) {
        var last = terminate;
        if (last != null) {
            into.put(last);
            terminate = null;
            return true;
        }
        if (phase != Phase.OPEN || pair.state() != QueuePair.State.ESTABLISHED) {
            return false;
        }
        var past = bulk();
        if (past.next(into)) {
            return true;
        }
        if (past.mustWait()) {
            return false;
        }
        OutgoingSegment cut = past.segment();
        if (cut == null) {
            cut = segment;
            if (!pair.next(cut, into.remaining())) {
                return false;
            }
        } else if (!pair.next(cut, into.remaining(), Bulk.FROM, Bulk.MOST)) {
            return false;
        }
        if (cut.payloadBytes() >= Bulk.FROM) {
            if (past.launch(cut)) {
                return past.next(into);
            }
        } else if (copy(cut, into)) {
            pair.sent(cut);
            past.passed();
            return true;
        }
        keyClosed(true);
        return false;
    }

    private static boolean copy(OutgoingSegment from, ByteBuffer to) {
        MemoryKey guard = from.guard();
        if (guard != null && !guard.enter()) {
            return false;
        }
        try {
            from.encodeHeader(to);
            for (int i = 0; i < from.parts(); i++) {
                to.put(from.part(i).asByteBuffer());
            }
            return true;
        } finally {
            if (guard != null) {
                guard.leave();
            }
        }
    }

    @Override
    public boolean arrived(ByteBuffer payload, boolean again) {
        if (pair.state() != QueuePair.State.ESTABLISHED) {
            return true;
        }
        boolean waits = bulk().isLanding()
                || (!again && java.util.Objects.requireNonNull(frames).hasKept());
        try {
            if (BulkWord.begins(payload)) {
                return heard(payload, waits);
            }
            if (!waits) {
                placeSegment(payload);
            }
            return !waits;
        } catch (BulkWord.BrokenWordException | IOException e) {
            pair.end(RdmaStatus.PROTOCOL, "of a long transfer: " + e.getMessage(), null);
        } catch (TerminateException e) {
            pair.refuse(e.terminate());
        }
        return true;
    }

    /** Whether the word was dealt with: one that begins a segment has its turn, the others are about those that have begun. */
    private boolean heard(ByteBuffer payload, boolean waits)
            throws BulkWord.BrokenWordException, IOException, TerminateException {
        int at = payload.position();
        var word = BulkWord.read(payload);
        if (word != BulkWord.PREPARE) {
            bulk().heard(word, payload);
        } else if (waits) {
            payload.position(at);
            return false;
        } else {
            prepare(payload);
        }
        return true;
    }

    private void prepare(ByteBuffer word) throws TerminateException, BulkWord.BrokenWordException {
        boolean byPort = BulkWord.byPort(word);
        int bytes = word.getInt();
        if (bytes <= 0 || bytes > Bulk.MOST || DdpHeader.length(word.getShort(word.position())) != word.remaining()) {
            throw new BulkWord.BrokenWordException("a segment of " + bytes + " bytes");
        }
        header.decode(word);
        pair.arriving(header, bytes);
        if (!bulk().prepared(byPort, pair.destination(), pair.destinationKey())) {
            throw new TerminateException(Terminate.WRITE_KEY_CLOSED);
        }
    }

    private void placeSegment(ByteBuffer payload) throws TerminateException {
        if (payload.remaining() < 2 || payload.remaining() < DdpHeader.length(payload.getShort(payload.position()))) {
            throw new TerminateException(Terminate.MPA_LENGTH); // the code of the layer below
        }
        header.decode(payload);
        pair.arriving(header, payload.remaining());
        place(payload);
        pair.arrived();
    }

    private void place(ByteBuffer payload) throws TerminateException {
        MemoryKey key = pair.destinationKey();
        if (key != null && !key.enter()) {
            throw new TerminateException(Terminate.WRITE_KEY_CLOSED);
        }
        try {
            MemorySegment destination = pair.destination();
            MemorySegment.copy(MemorySegment.ofBuffer(payload), 0, destination, 0, destination.byteSize());
        } finally {
            if (key != null) {
                key.leave();
            }
        }
    }

    // ---------------------------------------------------------------- past the frames

    private Bulk bulk() {
        return java.util.Objects.requireNonNull(bulk);
    }

    private @Nullable BulkPort bulkPort() throws IOException {
        return device.fabric().bulkPort((InetSocketAddress) channel.getLocalAddress(), (InetSocketAddress)
                channel.getRemoteAddress());
    }

    @Override
    public void landed() {
        try {
            pair.arrived();
        } catch (TerminateException e) {
            pair.refuse(e.terminate());
        }
    }

    @Override
    public void delivered(OutgoingSegment past) {
        pair.sent(past);
    }

    @Override
    public void keyClosed(boolean reads) {
        if (reads) {
            pair.end(RdmaStatus.PROTOCOL, "a window was closed while the peer read it", null);
        } else {
            pair.refuse(new TerminateException(Terminate.WRITE_KEY_CLOSED).terminate());
        }
    }

    // ---------------------------------------------------------------- the end

    @Override
    public void wantsToSend() {
        // Every turn of the queue asks.
    }

    @Override
    public void end(@Nullable OutgoingSegment last) {
        bulk().close();
        if (phase != Phase.OPEN) {
            close();
            return;
        }
        if (last != null) {
            var bytes = ByteBuffer.allocate(OutgoingSegment.MAX_HEADER_BYTES);
            last.encodeHeader(bytes);
            terminate = bytes.flip();
        }
        phase = Phase.LEAVING;
        deadline = queue.nanoTime() + LINGER_NANOS;
        queue.time(this);
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public void expired() {
        close();
    }

    /** Gives the port back. The pair hears of it from whoever calls this. */
    @Override
    public void close() {
        if (phase == Phase.CLOSED) {
            return;
        }
        phase = Phase.CLOSED;
        queue.untime(this);
        queue.remove(this);
        device.heartbeat().remove(this);
        if (bulk != null) {
            bulk.close();
        }
        if (frames != null) {
            device.counting().remove(frames.counting());
        }
        port.close();
        try {
            side.close();
        } catch (IOException e) {
            LOG.debug("on closing a side channel", e);
        }
    }
}
