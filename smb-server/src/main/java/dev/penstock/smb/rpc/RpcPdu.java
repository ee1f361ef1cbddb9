package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * One fragment from a client. C706 12.6.3, [MS-RPCE] 2.2.2.
 *
 * @param bytes the whole of it, in the client's byte order
 * @param body where what follows the type's own header starts
 * @param end where the body ends: at the padding in front of the security trailer, if there is one
 * @param trailer the security trailer, or null
 */
record RpcPdu(
        int type,
        int flags,
        int callId,
        ByteBuffer bytes,
        int body,
        int end,
        @Nullable Trailer trailer) {
    static final int HEADER = 16;

    static final int REQUEST = 0;
    static final int RESPONSE = 2;
    static final int FAULT = 3;
    static final int BIND = 11;
    static final int BIND_ACK = 12;
    static final int BIND_NAK = 13;
    static final int ALTER_CONTEXT = 14;
    static final int ALTER_CONTEXT_RESPONSE = 15;
    static final int AUTH_3 = 16;
    static final int CANCEL = 18;
    static final int ORPHANED = 19;

    static final int FIRST = 0x01;
    static final int LAST = 0x02;
    /** In a bind: the header of what follows is signed, too. */
    static final int SUPPORTS_HEADER_SIGNING = 0x04;

    static final int OBJECT_UUID = 0x80;
    static final int LITTLE_ENDIAN = 0x10;

    /** Bytes of a security trailer without the value behind it. */
    static final int TRAILER = 8;

    /**
     * sec_trailer, [MS-RPCE] 2.2.2.11.
     *
     * @param value where the token or the signature starts
     */
    record Trailer(int authType, int level, int contextId, int value, int length) {}

    /** Length of the fragment at the front of an answer of ours, or of what is there of it. */
    static int length(ByteBuffer answer) {
        return answer.remaining() < HEADER
                ? answer.remaining()
                : answer.duplicate().order(ByteOrder.LITTLE_ENDIAN).getShort(answer.position() + 8) & 0xffff;
    }

    /** Bytes of the fragment that starts a stretch; -1 where its header is not whole yet. */
    static int lengthOf(ByteBuffer from) throws MalformedMessage {
        if (from.remaining() < HEADER) {
            return -1;
        }
        ByteBuffer ordered = ordered(from);
        int length = ordered.getShort(8) & 0xffff;
        WireReader.require(length >= HEADER, "RPC: frag_length");
        return length;
    }

    /** Reads exactly one fragment. */
    static RpcPdu decode(ByteBuffer fragment) throws MalformedMessage {
        ByteBuffer bytes = ordered(fragment);
        int type = bytes.get(2) & 0xff;
        int flags = bytes.get(3) & 0xff;
        int body = switch (type) {
            case REQUEST -> HEADER + 8 + ((flags & OBJECT_UUID) != 0 ? 16 : 0);
            case BIND, ALTER_CONTEXT -> HEADER + 8;
            default -> HEADER;
        };
        int authLength = bytes.getShort(10) & 0xffff;
        int end = bytes.limit();
        Trailer trailer = null;
        if (authLength > 0) {
            int at = end - authLength - TRAILER;
            WireReader.require(at >= body, "RPC: auth_length");
            trailer = new Trailer(
                    bytes.get(at) & 0xff, bytes.get(at + 1) & 0xff, bytes.getInt(at + 4), at + TRAILER, authLength);
            end = at - (bytes.get(at + 2) & 0xff);
        }
        WireReader.require(end >= body, "RPC: ends early");
        return new RpcPdu(type, flags, bytes.getInt(12), bytes, body, end, trailer);
    }

    private static ByteBuffer ordered(ByteBuffer from) throws MalformedMessage {
        ByteBuffer bytes = from.slice();
        int format = bytes.get(4) & 0xff;
        WireReader.require(bytes.get(0) == 5 && (format & ~LITTLE_ENDIAN) == 0, "RPC: version or data format");
        return bytes.order(format == LITTLE_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** p_context_id of a request. */
    int context() {
        return bytes.getShort(20) & 0xffff;
    }

    /** opnum of a request. */
    int operation() {
        return bytes.getShort(22) & 0xffff;
    }

    /** What is in front of the security trailer. */
    NdrReader reader() {
        return new NdrReader(bytes.slice(body, end - body).order(bytes.order()));
    }

    byte[] value(Trailer of) {
        var value = new byte[of.length];
        bytes.get(of.value, value);
        return value;
    }
}
