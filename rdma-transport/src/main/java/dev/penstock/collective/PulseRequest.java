package dev.penstock.collective;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * What a rank asks for the pulse's connection with, as private data, big-endian: "PSP1", u32 rank, half of an HMAC-SHA256 as two longs. Half,
 * because adapters take 56 bytes; 128 bits are no easier to guess.
 */
record PulseRequest(int rank, long proofHigh, long proofLow) {
    private static final int MAGIC = 0x50_53_50_31; // "PSP1"
    private static final int BYTES = 4 + 4 + 16;

    static PulseRequest of(int rank, byte[] proof) {
        var in = ByteBuffer.wrap(proof);
        return new PulseRequest(rank, in.getLong(), in.getLong());
    }

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .putInt(MAGIC)
                .putInt(rank)
                .putLong(proofHigh)
                .putLong(proofLow)
                .array();
    }

    /** Null where the bytes are none; more may follow, since adapters pad. */
    static @Nullable PulseRequest decode(byte[] from) {
        if (from.length < BYTES) {
            return null;
        }
        var in = ByteBuffer.wrap(from);
        return in.getInt() == MAGIC ? new PulseRequest(in.getInt(), in.getLong(), in.getLong()) : null;
    }

    boolean isProvenBy(byte[] expected) {
        return MessageDigest.isEqual(of(rank, expected).encode(), encode());
    }
}
