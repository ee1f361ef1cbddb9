package dev.penstock.rdma.thunderbolt;

/** Pieces of a transfer that come in frames, and how far they have: both ends go through them in the same order. Of the queue's owner. */
final class MissingPieces {
    private final long bytes;
    private long pieces;
    private long offset;

    /** None yet, of a transfer of so many bytes. */
    MissingPieces(long bytes) {
        this.bytes = bytes;
    }

    /** Those are missing, one bit each. */
    void are(long which) {
        pieces = which;
        offset = first();
    }

    boolean none() {
        return pieces == 0;
    }

    /** Where in the transfer the next byte belongs. */
    long offset() {
        return offset;
    }

    /** Bytes from there to the end of the piece. */
    long left() {
        return Bulk.end(bytes, piece()) - offset;
    }

    /** So many bytes more have gone over, {@link #left} at most. */
    void passed(int more) {
        int piece = piece();
        offset += more;
        if (offset == Bulk.end(bytes, piece)) {
            pieces &= ~(1L << piece);
            offset = first();
        }
    }

    private int piece() {
        return (int) (offset / BulkPort.PIECE);
    }

    private long first() {
        return (long) Long.numberOfTrailingZeros(pieces) * BulkPort.PIECE;
    }
}
