package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.RdmaStatus;
import java.nio.ByteBuffer;

/**
 * Why a stream ends, as the Terminate message says it: RFC 5040 4.8, RFC 5044 8.
 *
 * @param layer 0 RDMAP, 1 DDP, 2 the lower layer
 * @param type error type, whose meaning depends on the layer
 * @param code error code, whose meaning depends on both
 */
public record Terminate(int layer, int type, int code) {
    /** RDMAP: the stream is broken for a reason of our own. */
    public static final Terminate CATASTROPHIC = new Terminate(0, 2, 7);

    static final Terminate READ_KEY = new Terminate(0, 1, 0);
    static final Terminate READ_BOUNDS = new Terminate(0, 1, 1);
    static final Terminate ACCESS = new Terminate(0, 1, 2);
    static final Terminate READ_OTHER_DOMAIN = new Terminate(0, 1, 3);
    static final Terminate READ_WRAP = new Terminate(0, 1, 4);
    static final Terminate RDMAP_VERSION = new Terminate(0, 2, 5);
    static final Terminate UNEXPECTED_OPCODE = new Terminate(0, 2, 6);
    static final Terminate CANNOT_INVALIDATE = new Terminate(0, 2, 9);
    static final Terminate WRITE_KEY = new Terminate(1, 1, 0);
    /** DDP: the key that a write began with was closed before its end. */
    public static final Terminate WRITE_KEY_CLOSED = WRITE_KEY;

    static final Terminate WRITE_BOUNDS = new Terminate(1, 1, 1);
    static final Terminate WRITE_OTHER_DOMAIN = new Terminate(1, 1, 2);
    static final Terminate WRITE_WRAP = new Terminate(1, 1, 3);
    static final Terminate DDP_TAGGED_VERSION = new Terminate(1, 1, 4);
    static final Terminate QUEUE_NUMBER = new Terminate(1, 2, 1);
    static final Terminate NO_BUFFER = new Terminate(1, 2, 2);
    static final Terminate SEQUENCE = new Terminate(1, 2, 3);
    static final Terminate MESSAGE_OFFSET = new Terminate(1, 2, 4);
    static final Terminate TOO_LONG = new Terminate(1, 2, 5);
    static final Terminate DDP_UNTAGGED_VERSION = new Terminate(1, 2, 6);

    /** MPA: the checksum of a frame is wrong. */
    public static final Terminate MPA_CHECKSUM = new Terminate(2, 0, 2);

    /** MPA: the length of a frame makes no sense. */
    public static final Terminate MPA_LENGTH = new Terminate(2, 0, 3);

    /** Control word, length of the terminated segment, its DDP header, the header of a read request. */
    static final int MAX_BYTES = 4 + 2 + DdpHeader.UNTAGGED_BYTES + ReadRequest.BYTES;

    private static final int HAS_LENGTH = 0x8000;
    private static final int HAS_DDP_HEADER = 0x4000;

    /**
     * Writes the message's payload.
     *
     * @param refused the header of the segment that is refused, or null where that is not known
     * @param segmentBytes its length, headers included
     */
    void encode(ByteBuffer to, @org.jspecify.annotations.Nullable DdpHeader refused, int segmentBytes) {
        to.put((byte) (layer << 4 | type)).put((byte) code);
        if (refused == null) {
            to.putShort((short) 0);
            return;
        }
        to.putShort((short) (HAS_LENGTH | HAS_DDP_HEADER)).putShort((short) segmentBytes);
        to.put(refused.raw(), 0, refused.bytes());
    }

    /** Reads the control word. What follows it is for people with an analyser. */
    static Terminate decode(ByteBuffer from) {
        int first = from.get() & 0xFF;
        return new Terminate(first >> 4, first & 0xF, from.get() & 0xFF);
    }

    /** What it means to the one that was told. */
    public RdmaStatus status() {
        if (layer == 2) {
            return code == MPA_CHECKSUM.code ? RdmaStatus.CHECKSUM : RdmaStatus.PROTOCOL;
        }
        if (equals(NO_BUFFER) || equals(TOO_LONG)) {
            return RdmaStatus.REMOTE_OPERATION;
        }
        boolean protection = layer <= 1 && type == 1 && !equals(DDP_TAGGED_VERSION);
        return protection || equals(CANNOT_INVALIDATE) ? RdmaStatus.REMOTE_ACCESS : RdmaStatus.PROTOCOL;
    }

    @Override
    public String toString() {
        return switch (layer << 16 | type << 8 | code) {
            case 0x000100, 0x010100 -> "no such key";
            case 0x000101, 0x010101 -> "outside of the memory's bounds";
            case 0x000102 -> "no right to that access";
            case 0x000103, 0x010102 -> "the key is not for this connection";
            case 0x000104, 0x010103 -> "the address wraps";
            case 0x000205, 0x010104, 0x010206 -> "unknown protocol version";
            case 0x000206 -> "unexpected opcode";
            case 0x000207 -> "catastrophic error of the stream";
            case 0x000209 -> "the key cannot be invalidated";
            case 0x010201 -> "no such queue";
            case 0x010202 -> "no receive was posted";
            case 0x010203 -> "message out of sequence";
            case 0x010204 -> "segment out of sequence";
            case 0x010205 -> "message longer than the receive";
            case 0x020002 -> "wrong checksum";
            case 0x020003 -> "impossible frame length";
            default -> "terminated: layer " + layer + " type " + type + " code " + code;
        };
    }
}
