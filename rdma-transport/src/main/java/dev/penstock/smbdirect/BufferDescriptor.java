package dev.penstock.smbdirect;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory of a peer's, open for RDMA: SMB_DIRECT_BUFFER_DESCRIPTOR_V1, [MS-SMBD] 2.2.3.1.
 *
 * @param offset where the memory starts, in the peer's counting
 * @param token the steering tag
 * @param length in bytes, unsigned 32 bits
 */
public record BufferDescriptor(long offset, int token, long length) {
    /** Length on the wire. */
    public static final int BYTES = 16;

    /** Descriptors per request at most: an 8 MiB transfer in pieces of 32 KiB. Windows was seen to send a handful. */
    public static final int MAX_PER_REQUEST = 256;

    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Checks the range. */
    public BufferDescriptor {
        if (length < 0 || length > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("a length of " + length);
        }
    }

    /**
     * Reads an array of descriptors.
     *
     * @param array all of it
     * @throws MalformedPduException where the length is not a multiple of 16, is 0, or is beyond {@link #MAX_PER_REQUEST}
     */
    public static List<BufferDescriptor> decode(MemorySegment array) throws MalformedPduException {
        long bytes = array.byteSize();
        if (bytes == 0 || bytes % BYTES != 0 || bytes > (long) MAX_PER_REQUEST * BYTES) {
            throw new MalformedPduException("buffer descriptors of " + bytes + " bytes");
        }
        var descriptors = new ArrayList<BufferDescriptor>((int) (bytes / BYTES));
        for (long at = 0; at < bytes; at += BYTES) {
            descriptors.add(new BufferDescriptor(
                    array.get(LE64, at), array.get(LE32, at + 8), Integer.toUnsignedLong(array.get(LE32, at + 12))));
        }
        return descriptors;
    }

    /** Writes it at {@code at}. */
    public void encode(MemorySegment to, long at) {
        to.set(LE64, at, offset);
        to.set(LE32, at + 8, token);
        to.set(LE32, at + 12, (int) length);
    }

    /** Sum of the lengths, in bytes. */
    public static long total(List<BufferDescriptor> descriptors) {
        long sum = 0;
        for (BufferDescriptor d : descriptors) {
            sum += d.length;
        }
        return sum;
    }
}
