package dev.penstock.smbdirect;

import java.lang.foreign.MemorySegment;

/**
 * SMBDirect Negotiate Response: [MS-SMBD] 2.2.2. Sizes in bytes, unsigned 32 bits.
 *
 * @param version the one negotiated
 * @param creditsRequested by the server
 * @param creditsGranted to the client
 * @param status 0, or an NTSTATUS
 * @param maxReadWriteSize one RDMA transfer
 * @param preferredSendSize the longest message that the server will send
 * @param maxReceiveSize the longest that it can receive
 * @param maxFragmentedSize the longest whole message that it can receive
 */
record NegotiateResponse(
        int version,
        int creditsRequested,
        int creditsGranted,
        long status,
        long maxReadWriteSize,
        long preferredSendSize,
        long maxReceiveSize,
        long maxFragmentedSize) {
    static final int BYTES = 32;

    /** STATUS_NOT_SUPPORTED: no common version. */
    static final long NOT_SUPPORTED = 0xC000_00BBL;

    static NegotiateResponse decode(MemorySegment from) throws MalformedPduException {
        if (from.byteSize() < BYTES) {
            throw new MalformedPduException("a negotiate response of " + from.byteSize() + " bytes");
        }
        return new NegotiateResponse(
                Le.u16(from, 4),
                Le.u16(from, 8),
                Le.u16(from, 10),
                Le.u32(from, 12),
                Le.u32(from, 16),
                Le.u32(from, 20),
                Le.u32(from, 24),
                Le.u32(from, 28));
    }

    int encode(MemorySegment to) {
        Le.putU16(to, 0, NegotiateRequest.VERSION);
        Le.putU16(to, 2, NegotiateRequest.VERSION);
        Le.putU16(to, 4, version);
        Le.putU16(to, 6, 0);
        Le.putU16(to, 8, creditsRequested);
        Le.putU16(to, 10, creditsGranted);
        Le.putU32(to, 12, status);
        Le.putU32(to, 16, maxReadWriteSize);
        Le.putU32(to, 20, preferredSendSize);
        Le.putU32(to, 24, maxReceiveSize);
        Le.putU32(to, 28, maxFragmentedSize);
        return BYTES;
    }

    /** What [MS-SMBD] 3.1.5.3 asks of a server's answer. */
    boolean acceptable(int ourReceiveSize) {
        return version == NegotiateRequest.VERSION
                && creditsRequested > 0
                && creditsGranted > 0
                && maxReadWriteSize > 0
                && preferredSendSize <= ourReceiveSize
                && maxReceiveSize >= SmbDirectConfig.MIN_MESSAGE_SIZE
                && maxFragmentedSize >= SmbDirectConfig.MIN_FRAGMENTED_SIZE;
    }
}
