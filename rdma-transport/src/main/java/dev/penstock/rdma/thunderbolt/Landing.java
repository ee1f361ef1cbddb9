package dev.penstock.rdma.thunderbolt;

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
    private final BulkMemory into;
    private final int pieces;
    private final CRC32C crc = new CRC32C();
    private final int[] found;
    private final MissingPieces missing;
    private int @Nullable [] sent;
    private int posted;
    private int came;
    private long whole;
    private long moved;

    /** Begins. */
    Landing(BulkMemory into, long now) {
        this.into = into;
        this.pieces = Bulk.pieces(into.bytes());
        this.found = new int[pieces];
        this.missing = new MissingPieces(into.bytes());
        this.moved = now;
    }

    int pieces() {
        return pieces;
    }

    BulkMemory memory() {
        return into;
    }

    /** Posts what may be posted; nothing where the port has not pinned the memory. */
    void post(BulkPort port) {
        var by = into.pinned();
        while (by != null && posted < pieces && posted - came < port.depth()) {
            port.receive(posted, by, into.piece(posted));
            posted++;
        }
    }

    void received(int piece, int bytes, long now) {
        moved = now;
        came++;
        MemorySegment place = into.piece(piece);
        if (bytes == place.byteSize()) {
            found[piece] = Bulk.checksum(crc, place);
            whole |= 1L << piece;
        }
    }

    void sent(int[] checksums, long now) throws BulkWord.BrokenWordException {
        if (sent != null || !missing.none()) {
            throw new BulkWord.BrokenWordException("what was sent was sent before");
        }
        sent = checksums;
        moved = now;
    }

    /** Whether all that may come has come, or what is missing is waited for in vain. */
    boolean isDecided(boolean open, long patience, long now) {
        return sent != null && missing.none() && (came == pieces || !open || now - moved >= patience);
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
        missing.are(wrong);
    }

    /** Bytes of a missing piece; whether they were the last. */
    boolean repaired(int offset, ByteBuffer bytes) throws BulkWord.BrokenWordException {
        int more = bytes.remaining();
        if (missing.none() || offset != missing.offset() || more == 0 || more > missing.left()) {
            throw new BulkWord.BrokenWordException("bytes of a piece that is not missing");
        }
        MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, into.all(), offset, more);
        missing.passed(more);
        return missing.none();
    }
}
