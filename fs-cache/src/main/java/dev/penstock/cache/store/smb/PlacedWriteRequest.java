package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.SMB2MessageCommandCode;
import com.hierynomus.mssmb2.SMB2MultiCreditPacket;
import com.hierynomus.smb.SMBBuffer;
import dev.penstock.smbdirect.BufferDescriptor;

/** A WRITE whose data the server reads out of our memory by RDMA: [MS-SMB2] 2.2.21 with a channel. */
final class PlacedWriteRequest extends SMB2MultiCreditPacket {
    private static final int STRUCTURE_SIZE = 49;

    private final SMB2FileId file;
    private final long offset;
    private final long channel;
    private final BufferDescriptor descriptor;

    PlacedWriteRequest(RemoteFile file, long offset, long channel, BufferDescriptor descriptor) {
        super(STRUCTURE_SIZE, file.dialect(), SMB2MessageCommandCode.SMB2_WRITE, file.sessionId(), file.treeId(), (int)
                descriptor.length());
        this.file = file.id();
        this.offset = offset;
        this.channel = channel;
        this.descriptor = descriptor;
    }

    @Override
    protected void writeTo(SMBBuffer buffer) {
        buffer.putUInt16(structureSize); // StructureSize (2 bytes)
        buffer.putUInt16(0); // DataOffset (2 bytes): no data here, and servers insist on that
        buffer.putUInt32(0); // Length (4 bytes)
        buffer.putUInt64(offset); // Offset (8 bytes)
        file.write(buffer); // FileId (16 bytes)
        buffer.putUInt32(channel); // Channel (4 bytes)
        buffer.putUInt32(getPayloadSize()); // RemainingBytes (4 bytes): what the credits that smbj could get allow for
        buffer.putUInt16(PlacedReadRequest.DESCRIPTOR_OFFSET); // WriteChannelInfoOffset (2 bytes)
        buffer.putUInt16(BufferDescriptor.BYTES); // WriteChannelInfoLength (2 bytes)
        buffer.putUInt32(0); // Flags (4 bytes)
        PlacedReadRequest.put(buffer, descriptor); // Buffer (16 bytes)
    }
}
