package dev.penstock.rdma.thunderbolt;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What stands in front of each frame's payload, in network byte order:
 *
 * <pre>
 *  0  u8   version            1  u8   kind              2  u16  payload bytes
 *  4  u32  connection         8  u32  transmission     12  u32  sequence (of data)
 * 16  u32  highest transmission received               20  u32  frames received
 * 24  u32  receives posted   28  u32  next sequence expected
 * 32  u64  which of the 64 sequences behind that have come, the first in the lowest bit
 * 40  u32  last transmission that brought what was there already, -1: none
 * 44  u32  CRC32C of all the rest of header and payload
 * </pre>
 *
 * Every frame has a transmission number of its own, also when it repeats a sequence: so what an acknowledgement is about is never in doubt.
 * All counters wrap. A mutable view, filled over and over by its one owner.
 */
final class FrameHeader {
    static final int BYTES = 48;

    /** Payload of one frame at most. */
    static final int MAX_PAYLOAD = FramePort.FRAME - BYTES;

    static final int DATA = 1;
    static final int ACKNOWLEDGEMENT = 2;
    /** Asks for an acknowledgement. */
    static final int PROBE = 3;

    private static final int VERSION = 2;
    private static final int CHECKSUM_AT = 44;

    int kind;
    int payload;
    int connection;
    int transmission;
    int sequence;
    int highest;
    int received;
    int posted;
    int expected;
    long beyond;
    int again;

    private final CRC32C crc = new CRC32C();

    /** Writes the header in front of a payload that is in place. */
    void encode(ByteBuffer frame) {
        frame.clear();
        frame.put((byte) VERSION).put((byte) kind).putShort((short) payload);
        frame.putInt(connection).putInt(transmission).putInt(sequence);
        frame.putInt(highest)
                .putInt(received)
                .putInt(posted)
                .putInt(expected)
                .putLong(beyond)
                .putInt(again);
        frame.putInt(CHECKSUM_AT, checksum(frame));
        frame.clear();
    }

    /** Reads a frame of so many bytes; false where it is damaged. Leaves the buffer's position and limit around the payload. */
    boolean decode(ByteBuffer frame, int bytes) {
        frame.clear();
        if (bytes < BYTES || bytes > FramePort.FRAME) {
            return false;
        }
        int version = frame.get();
        kind = frame.get();
        payload = frame.getShort() & 0xFFFF;
        if (version != VERSION || kind < DATA || kind > PROBE || payload != bytes - BYTES) {
            return false;
        }
        connection = frame.getInt();
        transmission = frame.getInt();
        sequence = frame.getInt();
        highest = frame.getInt();
        received = frame.getInt();
        posted = frame.getInt();
        expected = frame.getInt();
        beyond = frame.getLong();
        again = frame.getInt();
        boolean sound = frame.getInt(CHECKSUM_AT) == checksum(frame);
        frame.limit(bytes).position(BYTES);
        return sound;
    }

    private int checksum(ByteBuffer frame) {
        crc.reset();
        frame.limit(CHECKSUM_AT).position(0);
        crc.update(frame);
        frame.limit(BYTES + payload).position(BYTES);
        crc.update(frame);
        return (int) crc.getValue();
    }
}
