package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.rdmap.DdpHeader;
import dev.penstock.rdma.rdmap.MemoryKey;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.Terminate;
import dev.penstock.rdma.rdmap.TerminateException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ScatteringByteChannel;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Takes FPDUs (RFC 5044 4.1) apart as they come, and places their payload. Of one connection.
 *
 * <p>Headers and short payloads are read into a staging buffer and copied. A long payload is read from the socket straight into its place,
 * and by the same call just the few bytes behind it: the end of that frame and the header of the next, so that a stream of large
 * frames is never staged. Where answers to reads are to come, one call places many frames: {@link Anticipation}.
 *
 * <p>With checksums, a frame is placed before its checksum is known; what the peer sent is then in the memory that the peer was allowed to
 * write, and nothing is completed: RFC 5044 asks for the check before delivery, not before placement.
 */
final class FpduReader {
    static final int CRC_BYTES = 4;

    /** From here on a payload is read in place: the copy costs more than another system call. */
    static final int DIRECT = 8 << 10;

    /** What follows a payload without padding: checksum, length field, tagged header. */
    private static final int BEHIND = CRC_BYTES + 2 + DdpHeader.TAGGED_BYTES;

    private static final int STAGING_BYTES = 64 << 10;

    /** Bytes that one call may bring in before others get their turn. */
    private static final long BUDGET = 4 << 20;

    private enum Expected {
        HEADER,
        PAYLOAD,
        TRAILER
    }

    /** What came of reading. */
    enum Outcome {
        /** All that was there has been read. */
        DRAINED,
        /** The turn is over, and there may be more. */
        MORE,
        /** The peer has ended the stream, between two frames. */
        END,
        /** The peer has ended the stream in the middle of a frame. */
        CUT
    }

    private final SoftQueuePair pair;
    private final ScatteringByteChannel channel;
    private final boolean checksums;
    private final ByteBuffer ownStaging =
            ByteBuffer.allocateDirect(STAGING_BYTES).limit(0);
    /** What is taken apart: the buffer above, or for a moment what was anticipated wrongly. */
    private ByteBuffer staging = ownStaging;

    private final Anticipation anticipation = new Anticipation();
    private final ByteBuffer[] scatter = new ByteBuffer[2];
    private final DdpHeader header = new DdpHeader();
    private final CRC32C crc = new CRC32C();

    private Expected expected = Expected.HEADER;
    private int frameBytes;
    private MemorySegment destination = MemorySegment.NULL;
    private @Nullable MemoryKey key;
    /** The destination as a buffer, while it is read into; its position is how far it is. */
    private @Nullable ByteBuffer place;

    private boolean receivedAny;
    private long bytes;

    /**
     * A reader.
     *
     * @param rest bytes that came behind the start-up frame
     */
    FpduReader(SoftQueuePair pair, ScatteringByteChannel channel, boolean checksums, ByteBuffer rest) {
        this.pair = pair;
        this.channel = channel;
        this.checksums = checksums;
        staging.clear().put(rest).flip();
    }

    /** Whether a whole frame has come. */
    boolean receivedAny() {
        return receivedAny;
    }

    /** Bytes that have come so far. */
    long bytes() {
        return bytes;
    }

    /** Reads and places until the socket is empty or the turn is over. */
    Outcome receive() throws IOException, TerminateException {
        consume();
        long budget = BUDGET;
        while (budget > 0 && pair.state() == QueuePair.State.ESTABLISHED) {
            if (anticipation.plan(pair, staging.remaining(), place, trailing())) {
                long got = receiveAnticipated();
                if (got < 0) {
                    return ended();
                }
                budget -= got;
                if (got < anticipation.bytes()) {
                    return Outcome.DRAINED;
                }
                continue;
            }
            long asked;
            long got;
            // Behind a long payload that was begun in the staging buffer, too: what follows is in place again.
            if (place != null && destination.byteSize() >= DIRECT) {
                staging.clear().limit(BEHIND);
                scatter[0] = place;
                scatter[1] = staging;
                asked = (long) place.remaining() + BEHIND;
                enter();
                try {
                    int from = place.position();
                    got = channel.read(scatter, 0, 2);
                    addCrc(place, from, place.position());
                } finally {
                    leave();
                }
            } else {
                staging.compact();
                asked = staging.remaining();
                got = channel.read(staging);
            }
            staging.flip();
            if (got < 0) {
                return ended();
            }
            budget -= got;
            bytes += got;
            consume();
            if (got < asked) {
                return Outcome.DRAINED;
            }
        }
        return Outcome.MORE;
    }

    private Outcome ended() {
        boolean between = expected == Expected.HEADER && !staging.hasRemaining();
        return between ? Outcome.END : Outcome.CUT;
    }

    /** Bytes of the frame that is arriving behind its payload; 0 between two frames. */
    private int trailing() {
        return expected == Expected.HEADER ? 0 : (-frameBytes & 3) + CRC_BYTES;
    }

    /** Reads by the plan; answers how many bytes came, or that the stream has ended. */
    private long receiveAnticipated() throws IOException, TerminateException {
        boolean begun = place != null;
        int from = place == null ? 0 : place.position();
        long got;
        enter();
        try {
            got = channel.read(anticipation.vector(), 0, anticipation.entries());
            if (place != null) {
                addCrc(place, from, place.position());
            }
        } finally {
            leave();
        }
        if (got <= 0) {
            return got;
        }
        bytes += got;
        boolean kept = true;
        for (int i = 0; i < anticipation.entries() && pair.state() == QueuePair.State.ESTABLISHED; i++) {
            ByteBuffer part = anticipation.vector()[i];
            if (begun && i == 0) {
                payload();
            } else if (part.position() == 0) {
                break;
            } else if (anticipation.isPayload(i)) {
                kept = inPlace(part);
                if (!kept) {
                    takeApart(anticipation.from(i, staging));
                    break;
                }
            } else {
                staging.compact().put(part.flip()).flip();
                consume();
            }
        }
        anticipation.done(kept);
        return got;
    }

    /** Whether what came is the begun payload, where it belongs. */
    private boolean inPlace(ByteBuffer part) {
        var to = place;
        if (to == null
                || staging.hasRemaining()
                || to.capacity() != part.capacity()
                || destination.address()
                        != MemorySegment.ofBuffer(part.duplicate().rewind()).address()) {
            return false;
        }
        addCrc(part, 0, part.position());
        to.position(part.position());
        if (!to.hasRemaining()) {
            place = null;
            expected = Expected.TRAILER;
        }
        return true;
    }

    /** Takes apart what had been put elsewhere. What is left is less than a header. */
    private void takeApart(ByteBuffer misplaced) throws TerminateException {
        staging = misplaced;
        try {
            consume();
        } finally {
            staging = ownStaging;
        }
        staging.clear();
        if (pair.state() == QueuePair.State.ESTABLISHED) {
            staging.put(misplaced);
        }
        staging.flip();
    }

    /** Takes apart what is staged. */
    private void consume() throws TerminateException {
        while (pair.state() == QueuePair.State.ESTABLISHED) {
            boolean advanced = switch (expected) {
                case HEADER -> header();
                case PAYLOAD -> payload();
                case TRAILER -> trailer();
            };
            if (!advanced) {
                return;
            }
        }
    }

    private boolean header() throws TerminateException {
        if (staging.remaining() < 4) {
            return false;
        }
        int at = staging.position();
        int ulpdu = staging.getShort(at) & 0xFFFF;
        int bytes = DdpHeader.length(staging.getShort(at + 2));
        if (ulpdu < bytes) {
            throw new TerminateException(Terminate.MPA_LENGTH);
        }
        if (staging.remaining() < 2 + bytes) {
            return false;
        }
        crc.reset();
        addCrc(staging, at, at + 2 + bytes);
        staging.position(at + 2);
        header.decode(staging);
        frameBytes = 2 + ulpdu;
        pair.arriving(header, ulpdu - bytes);
        if (header.isAnswer() && !header.isLast()) {
            anticipation.usual(ulpdu - bytes);
        }
        destination = pair.destination();
        key = pair.destinationKey();
        place = destination.byteSize() == 0 ? null : destination.asByteBuffer();
        expected = place == null ? Expected.TRAILER : Expected.PAYLOAD;
        return true;
    }

    private boolean payload() throws TerminateException {
        var to = java.util.Objects.requireNonNull(place);
        int n = Math.min(staging.remaining(), to.remaining());
        if (n > 0) {
            int at = staging.position();
            addCrc(staging, at, at + n);
            enter();
            try {
                to.put(to.position(), staging, at, n);
            } finally {
                leave();
            }
            to.position(to.position() + n);
            staging.position(at + n);
        }
        if (to.hasRemaining()) {
            return false;
        }
        place = null;
        expected = Expected.TRAILER;
        return true;
    }

    private boolean trailer() throws TerminateException {
        int pad = -frameBytes & 3;
        if (staging.remaining() < pad + CRC_BYTES) {
            return false;
        }
        int at = staging.position();
        addCrc(staging, at, at + pad);
        int sum = Integer.reverseBytes(staging.getInt(at + pad));
        if (checksums && sum != (int) crc.getValue()) {
            throw new TerminateException(Terminate.MPA_CHECKSUM);
        }
        staging.position(at + pad + CRC_BYTES);
        expected = Expected.HEADER;
        receivedAny = true;
        pair.arrived();
        return true;
    }

    private void addCrc(ByteBuffer from, int start, int end) {
        if (checksums && end > start) {
            crc.update(from.slice(start, end - start));
        }
    }

    /** The peer's key may be closed by another thread between two parts of a frame. */
    private void enter() throws TerminateException {
        if (key != null && !key.enter()) {
            key = null;
            throw new TerminateException(Terminate.WRITE_KEY_CLOSED);
        }
    }

    private void leave() {
        if (key != null) {
            key.leave();
        }
    }
}
