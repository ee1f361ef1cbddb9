package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.messages.SMB2ReadRequest;
import com.hierynomus.smb.SMBBuffer;
import dev.penstock.smbdirect.BufferDescriptor;

/** A READ whose data the server writes into our memory by RDMA: [MS-SMB2] 2.2.19 with a channel. */
final class PlacedReadRequest extends SMB2ReadRequest {
    /** SMB2_CHANNEL_RDMA_V1_INVALIDATE: the server ends the descriptor's key with its answer. From dialect 3.0.2 on. */
    static final long RDMA_V1_INVALIDATE = 2;

    /** SMB2_CHANNEL_RDMA_V1. */
    static final long RDMA_V1 = 1;

    /** Behind the header of 64 bytes and the 48 fixed bytes of the body. */
    static final int DESCRIPTOR_OFFSET = 112;

    private final SMB2FileId file;
    private final long offset;
    private final long channel;
    private final BufferDescriptor descriptor;

    PlacedReadRequest(RemoteFile file, long offset, long channel, BufferDescriptor descriptor) {
        super(file.dialect(), file.id(), file.sessionId(), file.treeId(), offset, (int) descriptor.length());
        this.file = file.id();
        this.offset = offset;
        this.channel = channel;
        this.descriptor = descriptor;
    }

    @Override
    protected void writeTo(SMBBuffer buffer) {
        buffer.putUInt16(structureSize); // StructureSize (2 bytes), 49
        buffer.putByte((byte) 0); // Padding (1 byte)
        buffer.putByte((byte) 0); // Flags (1 byte)
        buffer.putUInt32(getPayloadSize()); // Length (4 bytes): what the credits that smbj could get allow for
        buffer.putUInt64(offset); // Offset (8 bytes)
        file.write(buffer); // FileId (16 bytes)
        buffer.putUInt32(1); // MinimumCount (4 bytes)
        buffer.putUInt32(channel); // Channel (4 bytes)
        buffer.putUInt32(0); // RemainingBytes (4 bytes)
        buffer.putUInt16(DESCRIPTOR_OFFSET); // ReadChannelInfoOffset (2 bytes)
        buffer.putUInt16(BufferDescriptor.BYTES); // ReadChannelInfoLength (2 bytes)
        put(buffer, descriptor); // Buffer (16 bytes)
    }

    /** SMB_DIRECT_BUFFER_DESCRIPTOR_V1: [MS-SMBD] 2.2.3.1. */
    static void put(SMBBuffer buffer, BufferDescriptor descriptor) {
        buffer.putUInt64(descriptor.offset()); // Offset (8 bytes)
        buffer.putUInt32(Integer.toUnsignedLong(descriptor.token())); // Token (4 bytes)
        buffer.putUInt32(descriptor.length()); // Length (4 bytes)
    }
}
