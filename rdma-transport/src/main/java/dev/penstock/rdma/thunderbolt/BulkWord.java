package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.DdpHeader;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import java.nio.ByteBuffer;

/**
 * What the two ends of a connection tell each other about transfers that go past the frames. Each is the payload of one frame, in network byte order,
 * and begins with a u16 that no segment begins with, since DDP's version would be 0:
 *
 * <pre>
 * OPEN     1  u16 generation, address of the sender's {@link BulkPort}
 * PREPARE  2  u16 1: by the port, 0: in frames,
 *             u32 payload bytes, tagged DDP header    one segment, whose payload will come
 * GRANT    3                                          its receives are posted
 * SENT     4  u32 CRC32C of each piece                all of it has been posted
 * LANDED   5                                          all of it is there
 * MISSING  6  u64 pieces, u16 generation that ended   those are to come in frames; the generation may be 0: none ended
 * PIECE    7  u32 offset, bytes                       of a piece that was missing, in their order
 * </pre>
 */
enum BulkWord {
    OPEN,
    PREPARE,
    GRANT,
    SENT,
    LANDED,
    MISSING,
    PIECE;

    private static final BulkWord[] ALL = values();
    private static final int DDP_VERSION_MASK = 0x0300;

    /** Length of the number. */
    static final int BYTES = Short.BYTES;

    /** What stands in front of a piece's bytes. */
    static final int PIECE_HEADER = BYTES + Integer.BYTES;

    private static final int LONGEST_ADDRESS = 64;

    /** Whether a payload is a word, and not a segment. */
    static boolean begins(ByteBuffer payload) {
        return payload.remaining() >= BYTES && (payload.getShort(payload.position()) & DDP_VERSION_MASK) == 0;
    }

    /** Which word it is; moves behind the number. */
    static BulkWord read(ByteBuffer payload) throws BrokenWordException {
        int number = payload.getShort() & 0xFFFF;
        if (number < 1 || number > ALL.length) {
            throw new BrokenWordException("an unknown word " + number);
        }
        return ALL[number - 1];
    }

    /** Writes the number. */
    ByteBuffer begin(ByteBuffer into) {
        return into.putShort((short) (ordinal() + 1));
    }

    /** A word of nothing but its number. */
    byte[] alone() {
        return begin(ByteBuffer.allocate(BYTES)).array();
    }

    static byte[] open(int generation, byte[] address) {
        return OPEN.begin(ByteBuffer.allocate(BYTES + Short.BYTES + address.length))
                .putShort((short) generation)
                .put(address)
                .array();
    }

    /** The address behind an OPEN's generation. */
    static byte[] address(ByteBuffer from) throws BrokenWordException {
        if (from.remaining() > LONGEST_ADDRESS) {
            throw new BrokenWordException("an address of " + from.remaining() + " bytes");
        }
        var address = new byte[from.remaining()];
        from.get(address);
        return address;
    }

    static byte[] prepare(boolean byPort, OutgoingSegment segment) {
        var word = ByteBuffer.allocate(BYTES + Short.BYTES + Integer.BYTES + DdpHeader.TAGGED_BYTES);
        PREPARE.begin(word).putShort((short) (byPort ? 1 : 0)).putInt(segment.payloadBytes());
        segment.encodeHeader(word);
        return word.array();
    }

    static byte[] sent(int[] checksums) {
        var word = SENT.begin(ByteBuffer.allocate(BYTES + Integer.BYTES * checksums.length));
        for (int checksum : checksums) {
            word.putInt(checksum);
        }
        return word.array();
    }

    static int[] checksums(ByteBuffer from, int pieces) throws BrokenWordException {
        need(from, pieces * Integer.BYTES);
        var checksums = new int[pieces];
        for (int i = 0; i < pieces; i++) {
            checksums[i] = from.getInt();
        }
        return checksums;
    }

    static byte[] missing(long pieces, int generation) {
        return MISSING.begin(ByteBuffer.allocate(BYTES + Long.BYTES + Short.BYTES))
                .putLong(pieces)
                .putShort((short) generation)
                .array();
    }

    /** A generation's number, from 1; 0 for none. */
    static int generation(ByteBuffer from) throws BrokenWordException {
        if (from.remaining() < Short.BYTES) {
            throw new BrokenWordException("a word that is too short");
        }
        return from.getShort() & 0xFFFF;
    }

    /** Whether a PREPARE's payload comes by the port; moves behind that. */
    static boolean byPort(ByteBuffer from) throws BrokenWordException {
        need(from, Short.BYTES + Integer.BYTES + DdpHeader.TAGGED_BYTES);
        return from.getShort() != 0;
    }

    static void need(ByteBuffer from, int bytes) throws BrokenWordException {
        if (from.remaining() != bytes) {
            throw new BrokenWordException("a word of " + from.remaining() + " bytes and not " + bytes);
        }
    }

    /** The peer does not keep to this. */
    static final class BrokenWordException extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenWordException(String what) {
            super(what, null, false, false);
        }
    }
}
