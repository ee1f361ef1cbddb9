package dev.penstock.rdma.rdmap;

import java.nio.ByteBuffer;

/**
 * The header of one segment, as DDP and RDMAP share it: RFC 5041 4.2 and 4.3, RFC 5040 4.1. A mutable view that is filled over and over by
 * its one owner.
 */
public final class DdpHeader {
    /** Control field, steering tag, tagged offset. */
    public static final int TAGGED_BYTES = 14;

    /** Control field, invalidate tag, queue number, message sequence number, message offset. */
    public static final int UNTAGGED_BYTES = 18;

    static final int QUEUE_SEND = 0;
    static final int QUEUE_READ = 1;
    static final int QUEUE_TERMINATE = 2;

    private static final int TAGGED = 0x8000;
    private static final int LAST = 0x4000;
    private static final int DDP_VERSION_MASK = 0x0300;
    private static final int DDP_VERSION = 0x0100;
    private static final int RDMAP_VERSION_MASK = 0x00C0;
    private static final int RDMAP_VERSION = 0x0040;
    private static final int OPCODE_MASK = 0x000F;

    boolean last;
    int opcode;
    int key;
    long offset;
    int queue;
    int sequence;
    int messageOffset;

    private final byte[] raw = new byte[UNTAGGED_BYTES];

    /** Whether the segment is of an answer to a read. */
    public boolean isAnswer() {
        return opcode == RdmapOpcode.READ_RESPONSE;
    }

    /** Whether it is its message's last. */
    public boolean isLast() {
        return last;
    }

    /** Length of the header whose control field is given. */
    public static int length(int control) {
        return (control & TAGGED) != 0 ? TAGGED_BYTES : UNTAGGED_BYTES;
    }

    /**
     * Reads a header at the buffer's position, which moves behind it.
     *
     * @throws TerminateException where a version or an opcode is not one that we speak
     */
    public void decode(ByteBuffer from) throws TerminateException {
        int control = from.getShort(from.position());
        int bytes = length(control);
        from.get(from.position(), raw, 0, bytes);
        boolean tagged = (control & TAGGED) != 0;
        last = (control & LAST) != 0;
        opcode = control & OPCODE_MASK;
        if ((control & DDP_VERSION_MASK) != DDP_VERSION) {
            throw new TerminateException(tagged ? Terminate.DDP_TAGGED_VERSION : Terminate.DDP_UNTAGGED_VERSION);
        }
        if ((control & RDMAP_VERSION_MASK) != RDMAP_VERSION) {
            throw new TerminateException(Terminate.RDMAP_VERSION);
        }
        if (opcode > RdmapOpcode.TERMINATE || RdmapOpcode.tagged(opcode) != tagged) {
            throw new TerminateException(Terminate.UNEXPECTED_OPCODE);
        }
        from.position(from.position() + 2);
        key = from.getInt();
        if (tagged) {
            offset = from.getLong();
        } else {
            queue = from.getInt();
            sequence = from.getInt();
            messageOffset = from.getInt();
        }
    }

    void encode(ByteBuffer to) {
        boolean tagged = RdmapOpcode.tagged(opcode);
        int control = (tagged ? TAGGED : 0) | (last ? LAST : 0) | DDP_VERSION | RDMAP_VERSION | opcode;
        to.putShort((short) control).putInt(key);
        if (tagged) {
            to.putLong(offset);
        } else {
            to.putInt(queue).putInt(sequence).putInt(messageOffset);
        }
    }

    /** Length of this header. */
    public int bytes() {
        return RdmapOpcode.tagged(opcode) ? TAGGED_BYTES : UNTAGGED_BYTES;
    }

    /** The header as it came, for a Terminate message. */
    byte[] raw() {
        return raw;
    }

    @Override
    public String toString() {
        return RdmapOpcode.tagged(opcode)
                ? "opcode " + opcode + " key " + Integer.toHexString(key) + " offset " + Long.toHexString(offset)
                : "opcode " + opcode + " queue " + queue + " message " + sequence + " offset " + messageOffset;
    }
}
