package dev.penstock.rdma.rdmap;

import java.nio.ByteBuffer;

/**
 * The header of an RDMA Read Request: RFC 5040 4.4.
 *
 * @param sinkKey where the data goes
 * @param sinkOffset where the data goes
 * @param length in bytes, unsigned 32 bits
 * @param sourceKey where the data is
 * @param sourceOffset where the data is
 */
record ReadRequest(int sinkKey, long sinkOffset, long length, int sourceKey, long sourceOffset) {
    static final int BYTES = 28;

    static ReadRequest decode(ByteBuffer from) {
        return new ReadRequest(
                from.getInt(), from.getLong(), Integer.toUnsignedLong(from.getInt()), from.getInt(), from.getLong());
    }

    void encode(ByteBuffer to) {
        to.putInt(sinkKey)
                .putLong(sinkOffset)
                .putInt((int) length)
                .putInt(sourceKey)
                .putLong(sourceOffset);
    }
}
