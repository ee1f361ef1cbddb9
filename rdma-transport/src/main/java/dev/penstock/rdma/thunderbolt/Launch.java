package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.MemoryKey;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A segment whose payload goes past the frames, on the side that sends it. Of the queue's owner. */
final class Launch {
    /** Pieces that are summed in one turn: some ten microseconds of work. */
    private static final int SUMMED_PER_TURN = 4;

    private final OutgoingSegment segment;
    private final MemorySegment from;
    private final int[] checksums;
    private final CRC32C crc = new CRC32C();
    private final @Nullable MemoryKey guard;
    private final Runnable whenClosing;
    /** Null once the port that it was for is gone. */
    private BulkPort.@Nullable Pinned pinned;

    private boolean granted;
    private int posted;
    private int left;
    private int summed;
    private boolean told;
    private boolean there;
    private long missing;
    private long repairedTo;

    /** Segments that were sent behind it, and wait at the peer until it is there. */
    int behind;

    /**
     * Begins; the source's key has been entered.
     *
     * @param whenClosing under which it was
     * @param by what the port uses the source under; null where it cannot, and all goes in frames
     */
    Launch(OutgoingSegment segment, Runnable whenClosing, BulkPort.@Nullable Pinned by) {
        this.segment = segment;
        this.from = segment.part(0);
        this.checksums = new int[Bulk.pieces(from.byteSize())];
        this.guard = segment.guard();
        this.whenClosing = whenClosing;
        this.pinned = by;
        if (by == null) {
            granted = true;
            told = true;
            miss(Bulk.all(checksums.length));
        }
    }

    OutgoingSegment segment() {
        return segment;
    }

    void granted() throws BulkWord.BrokenWordException {
        if (granted) {
            throw new BulkWord.BrokenWordException("a grant for nothing");
        }
        granted = true;
    }

    /** Posts what may be, sums what was. The word for the peer once all of it was; null before and after. */
    byte @Nullable [] progress(@Nullable BulkPort port) {
        if (!granted || told) {
            return null;
        }
        if (port != null && pinned != null) {
            post(port);
        }
        for (int i = 0; i < SUMMED_PER_TURN && summed < checksums.length; i++) {
            checksums[summed] = Bulk.checksum(crc, Bulk.piece(from, summed));
            summed++;
        }
        // Without a port nothing will go; the peer finds out, and says what it misses.
        if (summed < checksums.length || (pinned != null && posted < checksums.length)) {
            return null;
        }
        told = true;
        return BulkWord.sent(checksums);
    }

    private void post(BulkPort port) {
        var by = java.util.Objects.requireNonNull(pinned);
        while (posted < checksums.length && posted - left < port.depth()) {
            port.send(posted, by, Bulk.piece(from, posted));
            posted++;
        }
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
        unpin();
    }

    void landed() throws BulkWord.BrokenWordException {
        if (!told || missing != 0) {
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
        boolean possible = pieces != 0 && missing == 0 && !there && (pieces & ~Bulk.all(checksums.length)) == 0;
        if (!possible || (granted && !told)) {
            throw new BulkWord.BrokenWordException("pieces are missing that were not sent");
        }
        granted = true;
        told = true;
        miss(pieces);
    }

    private void miss(long pieces) {
        missing = pieces;
        repairedTo = (long) Long.numberOfTrailingZeros(pieces) * BulkPort.PIECE;
    }

    /** Writes the next bytes of what is missing; false where there are none, and then the peer has all once it has these. */
    boolean repair(ByteBuffer into) {
        if (missing == 0) {
            return false;
        }
        int piece = (int) (repairedTo / BulkPort.PIECE);
        long end = Bulk.end(from, piece);
        int bytes = (int) Math.min(end - repairedTo, into.remaining() - BulkWord.PIECE_HEADER);
        BulkWord.PIECE.begin(into).putInt((int) repairedTo);
        into.put(from.asSlice(repairedTo, bytes).asByteBuffer());
        repairedTo += bytes;
        if (repairedTo == end) {
            missing &= ~(1L << piece);
            if (missing == 0) {
                there = true;
            } else {
                repairedTo = (long) Long.numberOfTrailingZeros(missing) * BulkPort.PIECE;
            }
        }
        return true;
    }

    boolean isKeyClosed() {
        return guard != null && !guard.isOpen();
    }

    /** Uses its memory no more. */
    void end() {
        unpin();
        if (guard != null) {
            guard.leave(whenClosing);
        }
    }

    private void unpin() {
        if (pinned != null) {
            pinned.close();
            pinned = null;
        }
    }
}
