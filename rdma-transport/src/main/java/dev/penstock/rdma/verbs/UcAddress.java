package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * What an end of an unreliable connection has to know of the other: u32 queue pair, u32 first packet sequence, u8 MTU as verbs count it, and
 * the GID, in network byte order.
 */
final class UcAddress {
    private static final int BYTES = 4 + 4 + 1 + UcVerbs.GID_BYTES;
    private static final int SEQUENCE_MASK = 0xFF_FFFF;

    /** IBV_MTU_256 and IBV_MTU_4096. */
    private static final int LEAST_MTU = 1;

    private static final int MOST_MTU = 5;

    private final int queuePair;
    private final int sequence;
    private final int mtu;
    private final byte[] gid;

    UcAddress(int queuePair, int sequence, int mtu, byte[] gid) {
        this.queuePair = queuePair;
        this.sequence = sequence & SEQUENCE_MASK;
        this.mtu = mtu;
        this.gid = gid;
    }

    static UcAddress decode(byte[] bytes) throws RdmaException {
        var in = ByteBuffer.wrap(bytes);
        if (bytes.length != BYTES || in.get(8) < LEAST_MTU || in.get(8) > MOST_MTU) {
            throw new RdmaException(RdmaStatus.PROTOCOL, "the peer's address of " + bytes.length + " bytes is none");
        }
        var gid = new byte[UcVerbs.GID_BYTES];
        in.get(BYTES - gid.length, gid);
        return new UcAddress(in.getInt(0), in.getInt(4), in.get(8), gid);
    }

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .putInt(queuePair)
                .putInt(sequence)
                .put((byte) mtu)
                .put(gid)
                .array();
    }

    int queuePair() {
        return queuePair;
    }

    int sequence() {
        return sequence;
    }

    int mtu() {
        return mtu;
    }

    void copyGid(MemorySegment to, long at) {
        MemorySegment.copy(gid, 0, to, ValueLayout.JAVA_BYTE, at, gid.length);
    }
}
