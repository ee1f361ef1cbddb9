package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.rdmap.MemoryKey;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the outgoing stream into FPDUs (RFC 5044 4.1) and writes them in batches, payload straight from registered memory. Of one connection.
 *
 * <p>Headers, padding and checksums of a batch lie one behind the other in one buffer, so that a frame costs two entries of the gathered
 * write: everything since the payload before, and its own payload. Short payloads are copied in between instead: an entry costs more
 * than copying a few hundred bytes.
 */
final class FpduWriter {
    /** The length field counts 16 bits. Less 8 keeps the payload of a full tagged frame, and so its placement, a multiple of 8. */
    static final int MAX_ULPDU = 0xFFFF - 1 - 8;

    /**
     * Towards a peer that does not say that it takes large frames. RFC 5044 5.1 wants a frame to fit a TCP segment, of which we know nothing
     * here; siw takes any length.
     */
    static final int STRANGERS_ULPDU = MAX_ULPDU;

    /** Frames per batch: with two entries each well below the 1024 that one call takes, and about 4 MiB of large ones. */
    private static final int BATCH = 64;

    /** Up to here copying is cheaper than another entry. */
    private static final int COPIED = 1024;

    /** Length field, header, copied payload, padding, checksum. */
    private static final int MAX_FRAMING = 2 + OutgoingSegment.MAX_HEADER_BYTES + COPIED + 3 + 4;

    private static final int FRAMING_BYTES = BATCH * 64 + MAX_FRAMING;

    /** Bytes that one call may bring out before others get their turn. */
    private static final long BUDGET = 4 << 20;

    private final SoftQueuePair pair;
    private final GatheringByteChannel channel;
    private final boolean checksums;
    private final int maxUlpdu;

    private final OutgoingSegment[] segments = new OutgoingSegment[BATCH];
    /** Where each ends in the batch. */
    private final long[] ends = new long[BATCH];

    private int count;

    /** The first that is not wholly written. */
    private int firstSegment;

    private long batchBytes;
    private final ByteBuffer framing = ByteBuffer.allocateDirect(FRAMING_BYTES);
    private final ByteBuffer[] vector = new ByteBuffer[BATCH * (OutgoingSegment.MAX_PARTS_PER_SEGMENT + 1) + 1];
    private int entries;
    private int firstEntry;
    private long bytesLeft;
    private boolean firstFrame;
    private final CRC32C crc = new CRC32C();

    FpduWriter(SoftQueuePair pair, GatheringByteChannel channel, boolean checksums, int maxUlpdu) {
        this.pair = pair;
        this.channel = channel;
        this.checksums = checksums;
        this.maxUlpdu = maxUlpdu;
        for (int i = 0; i < BATCH; i++) {
            segments[i] = new OutgoingSegment();
        }
    }

    /** Begins with an empty RDMA WRITE, by which the other side knows that it may send: RFC 6581 4. */
    void beginWithEmptyWrite() {
        firstFrame = true;
    }

    /** What came of a flush. */
    enum Outcome {
        /** Nothing is left. */
        DRAINED,
        /** The socket takes no more for now. */
        BLOCKED,
        /** The turn is over, and there is more. */
        MORE,
        /** The peer's key for a response was closed: the stream cannot go on. */
        KEY_CLOSED
    }

    /** Writes what is pending, and what the pair has to send. */
    Outcome flush() throws IOException {
        long budget = BUDGET;
        while (budget > 0) {
            if (bytesLeft == 0 && !fill()) {
                return Outcome.DRAINED;
            }
            if (!enterKeys()) {
                return Outcome.KEY_CLOSED;
            }
            long written;
            try {
                written = channel.write(vector, firstEntry, entries - firstEntry);
            } finally {
                leaveKeys(count);
            }
            budget -= written;
            bytesLeft -= written;
            while (firstSegment < count && ends[firstSegment] <= batchBytes - bytesLeft) {
                firstSegment++;
            }
            if (bytesLeft > 0) {
                while (!vector[firstEntry].hasRemaining()) {
                    firstEntry++;
                }
                return Outcome.BLOCKED;
            }
            finishBatch();
        }
        return Outcome.MORE;
    }

    /**
     * Copies what is left of the batch that was begun, since its memory is not ours any more, and adds a last segment. At most one batch.
     *
     * @return what still has to be written before the connection is shut
     */
    ByteBuffer remains(@Nullable OutgoingSegment last) {
        if (!enterKeys()) {
            reset();
            return ByteBuffer.allocate(0); // the stream is cut in the middle of a frame, where nothing can follow
        }
        // A batch begins and ends with a frame; only the one that was begun must be finished, yet the rest is as
        // quickly written.
        var out = ByteBuffer.allocate((int) bytesLeft + MAX_FRAMING);
        for (int i = firstEntry; i < entries; i++) {
            out.put(vector[i]);
        }
        leaveKeys(count);
        reset();
        if (last != null) {
            int start = out.position();
            out.putShort((short) last.bytes());
            last.encodeHeader(out);
            seal(out, start, 2 + last.bytes());
        }
        return out.flip();
    }

    private boolean next(OutgoingSegment segment) {
        if (firstFrame) {
            firstFrame = false;
            segment.emptyWrite();
            return true;
        }
        return pair.next(segment, maxUlpdu);
    }

    private boolean fill() {
        reset();
        int entryStart = 0;
        while (count < BATCH && framing.remaining() >= MAX_FRAMING && next(segments[count])) {
            var segment = segments[count++];
            int start = framing.position();
            int bytes = segment.bytes();
            framing.putShort((short) bytes);
            segment.encodeHeader(framing);
            if (segment.payloadBytes() <= COPIED && segment.guard() == null) {
                for (int i = 0; i < segment.parts(); i++) {
                    var part = segment.part(i);
                    int n = (int) part.byteSize();
                    MemorySegment.copy(part, 0, MemorySegment.ofBuffer(framing), 0, n);
                    framing.position(framing.position() + n);
                }
                seal(framing, start, 2 + bytes);
            } else {
                crc.reset();
                addCrc(framing, start, framing.position());
                addEntry(framing.slice(entryStart, framing.position() - entryStart));
                for (int i = 0; i < segment.parts(); i++) {
                    var payload = segment.part(i).asByteBuffer();
                    addCrc(payload, 0, payload.limit());
                    addEntry(payload);
                }
                entryStart = framing.position();
                trailer(framing, 2 + bytes);
            }
            // All bytes so far: those in entries, and those that will be the last of them.
            ends[count - 1] = bytesLeft + framing.position() - entryStart;
        }
        if (framing.position() > entryStart) {
            addEntry(framing.slice(entryStart, framing.position() - entryStart));
        }
        batchBytes = bytesLeft;
        return count > 0;
    }

    /** Ends a frame that lies in one piece. */
    private void seal(ByteBuffer out, int start, int frameBytes) {
        crc.reset();
        addCrc(out, start, start + frameBytes);
        trailer(out, frameBytes);
    }

    private void trailer(ByteBuffer out, int frameBytes) {
        int start = out.position();
        for (int pad = -frameBytes & 3; pad > 0; pad--) {
            out.put((byte) 0);
        }
        addCrc(out, start, out.position());
        // The field is there without checksums too: RFC 5044 4.1. As in iSCSI, the least significant byte comes first.
        out.putInt(checksums ? Integer.reverseBytes((int) crc.getValue()) : 0);
    }

    private void addCrc(ByteBuffer from, int start, int end) {
        if (checksums) {
            crc.update(from.slice(start, end - start));
        }
    }

    private void addEntry(ByteBuffer entry) {
        vector[entries++] = entry;
        bytesLeft += entry.remaining();
    }

    /** Of what is not written yet: the peer that has all of a response may close the window before the rest of the batch has gone out. */
    private boolean enterKeys() {
        for (int i = firstSegment; i < count; i++) {
            MemoryKey guard = segments[i].guard();
            if (guard != null && !guard.enter()) {
                leaveKeys(i);
                return false;
            }
        }
        return true;
    }

    private void leaveKeys(int upTo) {
        for (int i = firstSegment; i < upTo; i++) {
            MemoryKey guard = segments[i].guard();
            if (guard != null) {
                guard.leave();
            }
        }
    }

    private void finishBatch() {
        for (int i = 0; i < count; i++) {
            pair.sent(segments[i]);
        }
        reset();
    }

    private void reset() {
        count = 0;
        firstSegment = 0;
        batchBytes = 0;
        entries = 0;
        firstEntry = 0;
        bytesLeft = 0;
        framing.clear();
    }
}
