package dev.penstock.smbdirect;

import java.lang.foreign.MemorySegment;

/**
 * SMBDirect Negotiate Request: [MS-SMBD] 2.2.1. Sizes in bytes, unsigned 32 bits.
 *
 * @param minVersion 0x0100
 * @param maxVersion 0x0100
 * @param creditsRequested by the client
 * @param preferredSendSize the longest message that the client wants to send
 * @param maxReceiveSize the longest that it can receive
 * @param maxFragmentedSize the longest whole message that it can receive
 */
record NegotiateRequest(
        int minVersion,
        int maxVersion,
        int creditsRequested,
        long preferredSendSize,
        long maxReceiveSize,
        long maxFragmentedSize) {
    static final int BYTES = 20;

    /** The only version there is. */
    static final int VERSION = 0x0100;

    static NegotiateRequest decode(MemorySegment from) throws MalformedPduException {
        if (from.byteSize() < BYTES) {
            throw new MalformedPduException("a negotiate request of " + from.byteSize() + " bytes");
        }
        return new NegotiateRequest(
                Le.u16(from, 0), Le.u16(from, 2), Le.u16(from, 6), Le.u32(from, 8), Le.u32(from, 12), Le.u32(from, 16));
    }

    int encode(MemorySegment to) {
        Le.putU16(to, 0, minVersion);
        Le.putU16(to, 2, maxVersion);
        Le.putU16(to, 4, 0);
        Le.putU16(to, 6, creditsRequested);
        Le.putU32(to, 8, preferredSendSize);
        Le.putU32(to, 12, maxReceiveSize);
        Le.putU32(to, 16, maxFragmentedSize);
        return BYTES;
    }

    boolean speaksVersion() {
        return minVersion <= VERSION && VERSION <= maxVersion;
    }

    /** What [MS-SMBD] 3.1.5.2 asks beside the version. */
    boolean acceptable() {
        return creditsRequested > 0
                && maxReceiveSize >= SmbDirectConfig.MIN_MESSAGE_SIZE
                && maxFragmentedSize >= SmbDirectConfig.MIN_FRAGMENTED_SIZE;
    }
}
