package dev.penstock.smbdirect;

import java.lang.foreign.MemorySegment;

/**
 * SMBDirect Data Transfer Message, without its data: [MS-SMBD] 2.2.3.
 *
 * @param creditsRequested by the sender
 * @param creditsGranted to the receiver
 * @param responseRequested whether the receiver should answer at once
 * @param remaining bytes of the same whole message that follow in others
 * @param dataOffset where the data starts in this one
 * @param dataLength how long it is
 */
record DataTransfer(
        int creditsRequested,
        int creditsGranted,
        boolean responseRequested,
        long remaining,
        int dataOffset,
        int dataLength) {
    /** The fields, and all of a message without data. */
    static final int HEADER_BYTES = 20;

    /** Where we put the data: the first multiple of 8 behind the fields. */
    static final int DATA_OFFSET = 24;

    private static final int RESPONSE_REQUESTED = 0x0001;

    /**
     * Reads and checks.
     *
     * @param from exactly what was received
     * @throws MalformedPduException where the data does not lie in the message, or the numbers contradict each other
     */
    static DataTransfer decode(MemorySegment from) throws MalformedPduException {
        long bytes = from.byteSize();
        if (bytes < HEADER_BYTES) {
            throw new MalformedPduException("a data transfer message of " + bytes + " bytes");
        }
        long remaining = Le.u32(from, 8);
        long offset = Le.u32(from, 12);
        long length = Le.u32(from, 16);
        if (length == 0) {
            if (remaining != 0) {
                throw new MalformedPduException("no data, but " + remaining + " bytes to follow");
            }
            offset = 0;
        } else if (offset < DATA_OFFSET || offset % 8 != 0 || offset > bytes || length > bytes - offset) {
            throw new MalformedPduException("data of " + length + " bytes at " + offset + " in " + bytes);
        }
        return new DataTransfer(
                Le.u16(from, 0),
                Le.u16(from, 2),
                (Le.u16(from, 4) & RESPONSE_REQUESTED) != 0,
                remaining,
                (int) offset,
                (int) length);
    }

    /** Writes the header; answers where the data goes, which is the length of all of it where there is none. */
    int encode(MemorySegment to) {
        Le.putU16(to, 0, creditsRequested);
        Le.putU16(to, 2, creditsGranted);
        Le.putU16(to, 4, responseRequested ? RESPONSE_REQUESTED : 0);
        Le.putU16(to, 6, 0);
        Le.putU32(to, 8, remaining);
        Le.putU32(to, 12, dataOffset);
        Le.putU32(to, 16, dataLength);
        if (dataLength == 0) {
            return HEADER_BYTES;
        }
        Le.putU32(to, 20, 0);
        return DATA_OFFSET;
    }
}
