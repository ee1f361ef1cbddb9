package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.OutgoingSegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A segment whose payload goes past the frames, on the side that sends it. Of the queue's owner. */
final class Launch {
    /** Pieces that are summed in one turn: some ten microseconds of work. */
    private static final int SUMMED_PER_TURN = 4;

    private final OutgoingSegment segment;
    private final BulkMemory from;
    private final int[] checksums;
    private final CRC32C crc = new CRC32C();
    private final MissingPieces missing;
    private boolean granted;
    private int posted;
    private int left;
    private int summed;
    private boolean told;
    private boolean there;

    /** Segments that were sent behind it, and wait at the peer until it is there. */
    int behind;

    /** Begins; what no port has pinned goes in frames. */
    Launch(OutgoingSegment segment, BulkMemory from) {
        this.segment = segment;
        this.from = from;
        this.checksums = new int[Bulk.pieces(from.bytes())];
        this.missing = new MissingPieces(from.bytes());
        if (from.pinned() == null) {
            miss(Bulk.all(checksums.length));
        }
    }

    OutgoingSegment segment() {
        return segment;
    }

    BulkMemory memory() {
        return from;
    }

    void granted() throws BulkWord.BrokenWordException {
        if (granted) {
            throw new BulkWord.BrokenWordException("a grant for nothing");
        }
        granted = true;
    }

    /** Posts what may be, sums what was. The word for the peer once all of it was; null before and after. */
    byte @Nullable [] progress(@Nullable BulkPort port) {
        if (!isSumming()) {
            return null;
        }
        var by = from.pinned();
        if (port != null && by != null) {
            while (posted < checksums.length && posted - left < port.depth()) {
                port.send(posted, by, from.piece(posted));
                posted++;
            }
        }
        for (int i = 0; i < SUMMED_PER_TURN && summed < checksums.length; i++) {
            checksums[summed] = Bulk.checksum(crc, from.piece(summed));
            summed++;
        }
        // Without a port nothing will go; the peer finds out, and says what it misses.
        if (summed < checksums.length || (by != null && posted < checksums.length)) {
            return null;
        }
        told = true;
        return BulkWord.sent(checksums);
    }

    boolean isTold() {
        return told;
    }

    /** Whether there is work for the next turn. */
    boolean isSumming() {
        return granted && !told;
    }

    void left(int piece) {
        left = piece + 1;
    }

    /** The port is gone: nothing of it is under way any more. */
    void portClosed() {
        left = posted;
        from.unpin();
    }

    void landed() throws BulkWord.BrokenWordException {
        if (!told || !missing.none()) {
            throw new BulkWord.BrokenWordException("a landing of what was not sent");
        }
        there = true;
    }

    /** Whether the peer has it, or will once it has what was sent. */
    boolean isThere() {
        return there;
    }

    /** Whether it is over: the peer has it, and the adapter has read it. */
    boolean isOver() {
        return there && left == posted;
    }

    /** The peer wants pieces in frames. */
    void missing(long pieces) throws BulkWord.BrokenWordException {
        boolean possible = pieces != 0 && missing.none() && !there && (pieces & ~Bulk.all(checksums.length)) == 0;
        if (!possible || isSumming()) {
            throw new BulkWord.BrokenWordException("pieces are missing that were not sent");
        }
        miss(pieces);
    }

    private void miss(long pieces) {
        granted = true;
        told = true;
        missing.are(pieces);
    }

    /** Writes the next bytes of what is missing; false where there are none, and then the peer has all once it has these. */
    boolean repair(ByteBuffer into) {
        if (missing.none()) {
            return false;
        }
        int bytes = (int) Math.min(missing.left(), into.remaining() - BulkWord.PIECE_HEADER);
        BulkWord.PIECE.begin(into).putInt((int) missing.offset());
        into.put(from.all().asSlice(missing.offset(), bytes).asByteBuffer());
        missing.passed(bytes);
        there = missing.none();
        return true;
    }
}
