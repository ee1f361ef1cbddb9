package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/**
 * FSCTL_PENSTOCK_READ_STRIDED: equal runs of a file, a stride apart, packed one behind the other. A control code of ours; docs/strided-read.md
 * is its specification. It is carried by IOCTL, and answered by IOCTL's own response.
 */
public final class StridedRead {
    /** Asks what a server of ours can do. Vendor device type, function 0x800, METHOD_BUFFERED, any access. */
    public static final int FSCTL_PENSTOCK_QUERY = 0x9E57_2000;

    /** The read itself. The same device type, function 0x801, METHOD_OUT_DIRECT, read access. */
    public static final int FSCTL_PENSTOCK_READ_STRIDED = 0x9E57_6006;

    /** What a query's answer starts with: "PNST". */
    public static final int SIGNATURE = 0x5453_4E50;

    /** Most runs of one request: a matrix of 64 Ki rows. Each may cost the disk a seek, which is what bounds a request's work. */
    public static final int MAX_RUNS = 1 << 16;

    /** Most bytes of one request, as for READ: 128 credits of 64 KiB. */
    public static final int MAX_BYTES = 8 << 20;

    private static final int VERSION = 1;
    private static final int FEATURE_READ_STRIDED = 1;
    private static final int REQUEST_SIZE = 48;

    private StridedRead() {}

    /** The answer to a query: signature, version, features, most runs, most bytes. */
    public static Blob description(int maxBytes) {
        return new WireWriter(24)
                .i32(SIGNATURE)
                .u16(VERSION)
                .u16(0)
                .i32(FEATURE_READ_STRIDED)
                .i32(MAX_RUNS)
                .i32(Math.min(MAX_BYTES, maxBytes))
                .i32(0)
                .toBlob();
    }

    /**
     * Equal stretches of a file. Checked: nothing about them overflows.
     *
     * @param offset of the first
     * @param length of each, in bytes
     * @param stride from the start of one to the start of the next; not less than the length
     * @param count how many
     */
    public record Runs(long offset, int length, long stride, int count) {
        /** Bytes of all together. */
        public int bytes() {
            return length * count;
        }

        /** First byte of one of them. */
        public long at(int run) {
            return offset + run * stride;
        }

        /** First byte behind the last. */
        public long end() {
            return at(count - 1) + length;
        }

        /** Some of them. */
        public Runs slice(int first, int howMany) {
            return new Runs(at(first), length, stride, howMany);
        }

        private static Runs checked(long offset, long length, long stride, long count) throws MalformedMessage {
            boolean sizes = length >= 1 && count >= 1 && count <= MAX_RUNS && length <= MAX_BYTES / count;
            boolean room = sizes
                    && offset >= 0
                    && stride >= length
                    && stride <= (Long.MAX_VALUE - offset - length) / Math.max(1, count - 1);
            if (!room) {
                throw new MalformedMessage("runs beyond the limits");
            }
            return new Runs(offset, (int) length, stride, (int) count);
        }
    }

    /**
     * The request.
     *
     * @param channel as in READ
     * @param channelInfo buffer descriptors of a channel other than {@link Read#CHANNEL_NONE}
     */
    public record Request(FileId file, Runs runs, int channel, Blob channelInfo) {
        /** Reads the input buffer of an IOCTL. */
        public static Request decode(Ioctl.Request ioctl) throws MalformedMessage {
            WireReader in = ioctl.input().reader();
            if (in.u16(0) != REQUEST_SIZE || in.u16(2) != 0) {
                throw new MalformedMessage("a strided read of another structure");
            }
            int channel = in.i32(4);
            Span info = channel == Read.CHANNEL_NONE ? Span.EMPTY : in.span(in.u32(32), in.u32(36));
            return new Request(
                    ioctl.file(), Runs.checked(in.i64(8), in.u32(24), in.i64(16), in.u32(28)), channel, in.blob(info));
        }

        /** Writes the input buffer. For clients and tests. */
        public Blob encode() {
            boolean remote = !channelInfo.isEmpty();
            return new WireWriter(REQUEST_SIZE + channelInfo.length())
                    .u16(REQUEST_SIZE)
                    .u16(0)
                    .i32(channel)
                    .i64(runs.offset)
                    .i64(runs.stride)
                    .i32(runs.length)
                    .i32(runs.count)
                    .i32(remote ? REQUEST_SIZE : 0)
                    .i32(channelInfo.length())
                    .i64(0)
                    .blob(channelInfo)
                    .toBlob();
        }

        /** The same for some of the runs. */
        public Request slice(int first, int howMany) {
            return new Request(file, runs.slice(first, howMany), channel, channelInfo);
        }
    }

    /** What an RDMA channel's request is answered with, instead of the bytes: how many were placed. */
    public static Ioctl.Response placed(Request request) {
        Blob output = new WireWriter(8).i32(request.runs.bytes()).i32(0).toBlob();
        return new Ioctl.Response(FSCTL_PENSTOCK_READ_STRIDED, request.file, output);
    }

    /**
     * The response whose output buffer is the payload that goes with it.
     *
     * @param length of the payload, in bytes; not 0
     */
    public record Response(FileId file, int length) implements Smb2Response {
        @Override
        public void encode(WireWriter out) {
            Ioctl.encodeResponse(out, FSCTL_PENSTOCK_READ_STRIDED, file, length);
        }
    }
}
