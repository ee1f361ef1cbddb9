package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.messages.SMB2IoctlRequest;
import com.hierynomus.smb.SMBBuffer;
import com.hierynomus.smbj.io.ArrayByteChunkProvider;
import dev.penstock.smbdirect.BufferDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The control code by which a server of ours gathers runs of a file at its end: docs/strided-read.md. */
final class StridedReadRequest extends SMB2IoctlRequest {
    /** Asks what the server can do. */
    static final int FSCTL_PENSTOCK_QUERY = 0x9E57_2000;

    /** What the answer to a query starts with: "PNST". */
    private static final int SIGNATURE = 0x5453_4E50;

    /** Length of that answer. */
    static final int DESCRIPTION_BYTES = 24;

    /** The feature's bit in that answer. */
    private static final int FEATURE_READ_STRIDED = 1;

    private static final int FSCTL_PENSTOCK_READ_STRIDED = 0x9E57_6006;

    /** Of the control code's own fixed part. */
    private static final int REQUEST_SIZE = 48;

    /** Behind the header of 64 bytes and the 56 fixed bytes of IOCTL. */
    private static final int INPUT_OFFSET = 120;

    private final SMB2FileId file;
    private final Runs runs;
    private final long channel;
    private final @Nullable BufferDescriptor descriptor;

    /** Bytes, once it was sent: smbj may have fewer credits than all the runs need. */
    private int asked;

    /** Equal stretches of a file, a stride apart. Together at most one READ long. */
    record Runs(long offset, int length, long stride, int count) {
        int bytes() {
            return length * count;
        }

        Runs from(int first) {
            return new Runs(offset + first * stride, length, stride, count - first);
        }
    }

    /**
     * Most runs of one request, by what a server answers to a query; 0 of one that gathers nothing that is as long as a READ.
     *
     * @param description null where it has refused
     */
    static int mostRuns(byte @Nullable [] description, int readBytes) {
        if (description == null || description.length < DESCRIPTION_BYTES) {
            return 0;
        }
        var fields = ByteBuffer.wrap(description).order(ByteOrder.LITTLE_ENDIAN);
        boolean known = fields.getInt(0) == SIGNATURE
                && fields.getShort(4) == 1
                && (fields.getInt(8) & FEATURE_READ_STRIDED) != 0
                && fields.getInt(16) >= readBytes;
        return known ? Math.max(0, fields.getInt(12)) : 0;
    }

    /**
     * A request for runs.
     *
     * @param channel of [MS-SMB2] 2.2.19; 0 for bytes in the answer
     * @param descriptor where to, for the other channels
     */
    StridedReadRequest(RemoteFile file, Runs runs, long channel, @Nullable BufferDescriptor descriptor) {
        super(
                file.dialect(),
                file.sessionId(),
                file.treeId(),
                FSCTL_PENSTOCK_READ_STRIDED & 0xFFFF_FFFFL,
                file.id(),
                new ArrayByteChunkProvider(new byte[0], 0),
                true,
                runs.bytes());
        this.file = file.id();
        this.runs = runs;
        this.channel = channel;
        this.descriptor = descriptor;
    }

    /** Whether the answer was whole; after it was sent. */
    void requireAll(String path, int bytes) throws IOException {
        if (bytes <= 0 || bytes != asked) {
            throw new IOException(path + ": " + bytes + " bytes gathered instead of " + asked);
        }
    }

    @Override
    protected void writeTo(SMBBuffer buffer) {
        int count = Math.min(runs.count, getPayloadSize() / runs.length);
        asked = count * runs.length;
        int descriptors = descriptor == null ? 0 : BufferDescriptor.BYTES;
        buffer.putUInt16(structureSize); // StructureSize (2 bytes), 57
        buffer.putReserved2();
        buffer.putUInt32(getControlCode()); // CtlCode (4 bytes)
        file.write(buffer); // FileId (16 bytes)
        buffer.putUInt32(INPUT_OFFSET); // InputOffset (4 bytes)
        buffer.putUInt32(REQUEST_SIZE + descriptors); // InputCount (4 bytes)
        buffer.putUInt32(0); // MaxInputResponse (4 bytes)
        buffer.putUInt32(0); // OutputOffset (4 bytes)
        buffer.putUInt32(0); // OutputCount (4 bytes)
        buffer.putUInt32(asked); // MaxOutputResponse (4 bytes): on an RDMA channel, too
        buffer.putUInt32(1); // Flags (4 bytes): SMB2_0_IOCTL_IS_FSCTL
        buffer.putReserved4();
        buffer.putUInt16(REQUEST_SIZE);
        buffer.putUInt16(0);
        buffer.putUInt32(channel);
        buffer.putUInt64(runs.offset);
        buffer.putUInt64(runs.stride);
        buffer.putUInt32(runs.length);
        buffer.putUInt32(count);
        buffer.putUInt32(descriptor == null ? 0 : REQUEST_SIZE);
        buffer.putUInt32(descriptors);
        buffer.putUInt64(0);
        if (descriptor != null) {
            PlacedReadRequest.put(buffer, descriptor);
        }
    }
}
