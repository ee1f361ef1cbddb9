package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.MemoryKey;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A segment whose payload comes past the frames, on the side that receives it. What stands in a piece's place is what was sent for it if it has
 * that one's checksum: a message that was lost or doubled on the way moves those behind it into places that were not meant for them. Of the
 * queue's owner.
 */
final class Landing {
    private final MemorySegment into;
    private final @Nullable MemoryKey key;
    private final Runnable whenClosing;
    private final int pieces;
    private final CRC32C crc = new CRC32C();
    private final int[] found;
    private int @Nullable [] sent;
    private BulkPort.@Nullable Pinned pinned;
    private int posted;
    private int came;
    private long whole;
    private long missing;
    private long repairedTo;
    private long moved;

    /** Begins; the destination's key has been entered. */
    Landing(MemorySegment into, @Nullable MemoryKey key, Runnable whenClosing, long now) {
        this.into = into;
        this.key = key;
        this.whenClosing = whenClosing;
        this.pieces = Bulk.pieces(into.byteSize());
        this.found = new int[pieces];
        this.moved = now;
    }

    int pieces() {
        return pieces;
    }

    /** Posts what may be posted; false where the adapter cannot use the memory. */
    boolean post(BulkPort port) {
        if (pinned == null) {
            pinned = port.pin(into);
        }
        var by = pinned;
        if (by == null) {
            return false;
        }
        while (posted < pieces && posted - came < port.depth()) {
            port.receive(posted, by, Bulk.piece(into, posted));
            posted++;
        }
        return true;
    }

    void received(int piece, int bytes, long now) {
        moved = now;
        came++;
        MemorySegment place = Bulk.piece(into, piece);
        if (bytes == place.byteSize()) {
            found[piece] = Bulk.checksum(crc, place);
            whole |= 1L << piece;
        }
    }

    void sent(int[] checksums, long now) throws BulkWord.BrokenWordException {
        if (sent != null || missing != 0) {
            throw new BulkWord.BrokenWordException("what was sent was sent before");
        }
        sent = checksums;
        moved = now;
    }

    /** Whether all that may come has come, or what is missing is waited for in vain. */
    boolean isDecided(boolean open, long patience, long now) {
        return sent != null && missing == 0 && (came == pieces || !open || now - moved >= patience);
    }

    /** Pieces whose place does not have what was sent; to be called once decided. */
    long wrong() {
        var checksums = java.util.Objects.requireNonNull(sent);
        long wrong = Bulk.all(pieces) & ~whole;
        for (int i = 0; i < pieces; i++) {
            if (checksums[i] != found[i]) {
                wrong |= 1L << i;
            }
        }
        return wrong;
    }

    /** Those come in frames now. */
    void await(long wrong) {
        missing = wrong;
        repairedTo = (long) Long.numberOfTrailingZeros(wrong) * BulkPort.PIECE;
    }

    /** Bytes of a missing piece; whether they were the last. */
    boolean repaired(int offset, ByteBuffer bytes) throws BulkWord.BrokenWordException {
        int piece = (int) (repairedTo / BulkPort.PIECE);
        if (missing == 0
                || offset != repairedTo
                || !bytes.hasRemaining()
                || bytes.remaining() > Bulk.end(into, piece) - offset) {
            throw new BulkWord.BrokenWordException("bytes of a piece that is not missing");
        }
        MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, into, offset, bytes.remaining());
        repairedTo += bytes.remaining();
        if (repairedTo < Bulk.end(into, piece)) {
            return false;
        }
        missing &= ~(1L << piece);
        repairedTo = (long) Long.numberOfTrailingZeros(missing) * BulkPort.PIECE;
        return missing == 0;
    }

    /** The port is gone. */
    void unpin() {
        if (pinned != null) {
            pinned.close();
            pinned = null;
        }
    }

    boolean isKeyClosed() {
        return key != null && !key.isOpen();
    }

    /** Uses its memory no more. */
    void end() {
        unpin();
        if (key != null) {
            key.leave(whenClosing);
        }
    }
}
