package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.rdmap.StartUpException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A start-up frame: RFC 5044 7.1, with the enhanced fields of RFC 6581 5.
 *
 * @param reply whether it answers
 * @param flags the bits M, C, R, S and the one below
 * @param revision 1 or 2; others are decoded, so that they can be answered
 * @param privateBytes without the enhanced fields; not to be written to
 * @param enhanced the read counts, or null
 */
record MpaFrame(
        boolean reply,
        int flags,
        int revision,
        ByteBuffer privateBytes,
        @Nullable Enhanced enhanced) {
    /**
     * RFC 6581 9: read counts and how the first frame is to be sent.
     *
     * @param inbound reads that the sender of the frame answers at a time (IRD), with {@link #PEER_TO_PEER}
     * @param outbound reads that it may ask at a time (ORD), with {@link #WRITE_FIRST} and {@link #READ_FIRST}
     */
    record Enhanced(int inbound, int outbound) {
        static final int PEER_TO_PEER = 0x8000;
        static final int SEND_FIRST = 0x4000;
        static final int WRITE_FIRST = 0x8000;
        static final int READ_FIRST = 0x4000;
        static final int COUNT = 0x3FFF;
        static final int BYTES = 4;

        boolean peerToPeer() {
            return (inbound & PEER_TO_PEER) != 0;
        }

        int inboundReads() {
            return inbound & COUNT;
        }

        int outboundReads() {
            return outbound & COUNT;
        }
    }

    static final int MARKERS = 0x8000;
    static final int CHECKSUM = 0x4000;
    static final int REJECT = 0x2000;
    static final int ENHANCED = 0x1000;

    /**
     * One of the reserved bits, which a stranger neither sets nor looks at; siw uses it in the same sense: the sender's receiving side does
     * not mind frames that are longer than a TCP segment.
     */
    static final int LARGE_FRAMES = 0x0800;

    static final int HEADER_BYTES = 20;

    /** RFC 5044 7.1: longer private data has to be refused. */
    static final int MAX_PRIVATE_DATA = 512;

    /** The longest frame. */
    static final int MAX_BYTES = HEADER_BYTES + MAX_PRIVATE_DATA;

    private static final byte[] REQUEST_KEY = "MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REPLY_KEY = "MPA ID Rep Frame".getBytes(StandardCharsets.US_ASCII);
    private static final int KEY_BYTES = 16;

    byte[] privateData() {
        byte[] copy = new byte[privateBytes.limit()];
        privateBytes.get(0, copy);
        return copy;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * Reads a frame at the buffer's position, which moves behind it only if it is complete.
     *
     * @return null where more bytes are needed
     * @throws StartUpException as soon as it is clear that it never will be one
     */
    static @Nullable MpaFrame decode(ByteBuffer from, boolean reply) throws StartUpException {
        byte[] key = reply ? REPLY_KEY : REQUEST_KEY;
        int at = from.position();
        for (int i = 0; i < Math.min(KEY_BYTES, from.remaining()); i++) {
            if (from.get(at + i) != key[i]) {
                throw new StartUpException("not an MPA frame");
            }
        }
        if (from.remaining() < HEADER_BYTES) {
            return null;
        }
        int bits = from.getShort(at + 16) & 0xFFFF;
        int length = from.getShort(at + 18) & 0xFFFF;
        if (length > MAX_PRIVATE_DATA) {
            throw new StartUpException("private data of " + length + " bytes");
        }
        boolean enhanced = (bits & ENHANCED) != 0 && (bits & 0xFF) >= 2;
        if (enhanced && length < Enhanced.BYTES) {
            throw new StartUpException("enhanced, but without its fields");
        }
        if (from.remaining() < HEADER_BYTES + length) {
            return null;
        }
        var counts = enhanced ? new Enhanced(from.getShort(at + 20) & 0xFFFF, from.getShort(at + 22) & 0xFFFF) : null;
        int skip = enhanced ? Enhanced.BYTES : 0;
        byte[] data = new byte[length - skip];
        from.get(at + HEADER_BYTES + skip, data);
        from.position(at + HEADER_BYTES + length);
        return new MpaFrame(reply, bits & 0xFF00, bits & 0xFF, ByteBuffer.wrap(data), counts);
    }

    ByteBuffer encode() {
        int extra = enhanced == null ? 0 : Enhanced.BYTES;
        var out = ByteBuffer.allocate(HEADER_BYTES + extra + privateBytes.limit());
        out.put(reply ? REPLY_KEY : REQUEST_KEY)
                .putShort((short) (flags | revision))
                .putShort((short) (extra + privateBytes.limit()));
        if (enhanced != null) {
            out.putShort((short) enhanced.inbound).putShort((short) enhanced.outbound);
        }
        return out.put(privateBytes.duplicate()).flip();
    }
}
