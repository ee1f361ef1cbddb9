package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** READ. [MS-SMB2] 2.2.19 request, 2.2.20 response. */
public final class Read {
    /** Flags: bypass caches. */
    public static final int READ_UNBUFFERED = 0x1;

    /** Channel: the data is in the message. */
    public static final int CHANNEL_NONE = 0;

    /** Channel: the data goes by RDMA. */
    public static final int CHANNEL_RDMA_V1 = 1;

    /** Channel: the same, and the response invalidates the client's token. */
    public static final int CHANNEL_RDMA_V1_INVALIDATE = 2;

    /** Where the data of a response starts, from the header. */
    public static final int DATA_OFFSET = Header.SIZE + 16;

    private static final int REQUEST_SIZE = 49;
    private static final int RESPONSE_SIZE = 17;

    private Read() {}

    /**
     * The request.
     *
     * @param length in bytes, unsigned 32 bits
     * @param channelInfo buffer descriptors of a channel other than {@link #CHANNEL_NONE}
     */
    public record Request(
            int flags,
            long length,
            long offset,
            FileId file,
            long minimumCount,
            int channel,
            long remainingBytes,
            Blob channelInfo)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            int channel = body.i32(36);
            Span info = channel == CHANNEL_NONE ? Span.EMPTY : body.span(body.u16(44), body.u16(46));
            return new Request(
                    body.u8(3),
                    body.u32(4),
                    body.i64(8),
                    FileId.decode(body, 16),
                    body.u32(32),
                    channel,
                    body.u32(40),
                    body.blob(info));
        }

        @Override
        public Command command() {
            return Command.READ;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u8(DATA_OFFSET).u8(flags).i32((int) length).i64(offset);
            file.encode(out);
            out.i32((int) minimumCount).i32(channel).i32((int) remainingBytes);
            out.u16(channelInfo.isEmpty() ? 0 : Header.SIZE + 48).u16(channelInfo.length());
            out.blob(channelInfo).zeros(channelInfo.isEmpty() ? 1 : 0);
        }
    }

    /**
     * The response; the data itself is the payload that goes with it.
     *
     * @param data where the data is in the message
     * @param dataRemaining bytes that went by RDMA
     */
    public record Response(Span data, int dataRemaining) implements Smb2Response {
        /** A response with that many bytes in the message. */
        public static Response of(int length) {
            return new Response(new Span(DATA_OFFSET, length), 0);
        }

        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            return new Response(body.span(body.u8(2), body.u32(4)), body.i32(8));
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(RESPONSE_SIZE)
                    .u8(DATA_OFFSET)
                    .u8(0)
                    .i32(data.length())
                    .i32(dataRemaining)
                    .i32(0);
        }
    }
}
