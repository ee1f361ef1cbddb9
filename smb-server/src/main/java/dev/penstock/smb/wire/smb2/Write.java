package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** WRITE. [MS-SMB2] 2.2.21 request, 2.2.22 response. */
public final class Write {
    /** Flags: the data is on stable storage before the answer. */
    public static final int WRITE_THROUGH = 0x1;

    /** Flags: bypass caches. */
    public static final int WRITE_UNBUFFERED = 0x2;

    /** Where the data of a request starts when this codec writes it, from the header. */
    public static final int DATA_OFFSET = Header.SIZE + 48;

    private static final int REQUEST_SIZE = 49;
    private static final int RESPONSE_SIZE = 17;

    private Write() {}

    /**
     * The request; handlers are given the data itself beside it, wherever it came from.
     *
     * @param data where the data is in the message; empty when it is read by RDMA
     * @param remainingBytes bytes to read by RDMA
     * @param channelInfo buffer descriptors of a channel other than {@link Read#CHANNEL_NONE}
     */
    public record Request(
            Span data, long offset, FileId file, int channel, long remainingBytes, Blob channelInfo, int flags)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            long length = body.u32(4);
            int dataOffset = body.u16(2);
            int channel = body.i32(32);
            Span info = channel == Read.CHANNEL_NONE ? Span.EMPTY : body.span(body.u16(40), body.u16(42));
            // The data may not overlap the header or the fixed part. 3.3.5.13
            WireReader.require(length == 0 || dataOffset >= DATA_OFFSET, "WRITE's DataOffset");
            return new Request(
                    body.span(dataOffset, length),
                    body.i64(8),
                    FileId.decode(body, 16),
                    channel,
                    body.u32(36),
                    body.blob(info),
                    body.i32(44));
        }

        @Override
        public Command command() {
            return Command.WRITE;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE)
                    .u16(data.length() == 0 ? 0 : DATA_OFFSET)
                    .i32(data.length())
                    .i64(offset);
            file.encode(out);
            out.i32(channel).i32((int) remainingBytes);
            out.u16(channelInfo.isEmpty() ? 0 : DATA_OFFSET).u16(channelInfo.length());
            out.i32(flags).blob(channelInfo);
        }
    }

    /** The response. */
    public record Response(int count) implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            return new Response(body.i32(4));
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(RESPONSE_SIZE).u16(0).i32(count).i32(0).i32(0).u8(0);
        }
    }
}
