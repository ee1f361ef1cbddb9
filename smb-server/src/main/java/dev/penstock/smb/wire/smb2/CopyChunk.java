package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** FSCTL_SRV_COPYCHUNK. [MS-SMB2] 2.2.31.1 request, 2.2.32.1 response, 3.3.5.15.6 limits. */
public final class CopyChunk {
    /** Chunks of a request at most. Windows' own limits, which clients know without asking. */
    public static final int MOST_CHUNKS = 256;

    /** Bytes of a chunk at most. */
    public static final int MOST_CHUNK_BYTES = 1 << 20;

    /** Bytes of a request at most. */
    public static final int MOST_BYTES = 16 << 20;

    /** Bytes of the response. */
    public static final int RESPONSE_BYTES = 12;

    /** Bytes of the key by which a source is named. */
    public static final int KEY_BYTES = 24;

    private static final int FIXED = 32;
    private static final int CHUNK = 24;

    private CopyChunk() {}

    /** One stretch to copy. Offsets and length in bytes, unchecked. */
    public record Chunk(long sourceOffset, long targetOffset, long length) {}

    /**
     * The request.
     *
     * @param count as the client says; where it is above {@link #MOST_CHUNKS}, {@code chunks} is empty
     */
    public record Request(Blob key, long count, List<Chunk> chunks) {
        /** Reads the input of the control code. */
        public static Request decode(Blob input) throws MalformedMessage {
            WireReader in = input.reader();
            Blob key = in.blob(in.span(0, KEY_BYTES));
            long count = in.u32(KEY_BYTES);
            WireReader.require(in.size() >= FIXED, "short copy request");
            var chunks = new ArrayList<Chunk>();
            if (count <= MOST_CHUNKS) {
                for (int i = 0; i < count; i++) {
                    int at = FIXED + i * CHUNK;
                    chunks.add(new Chunk(in.i64(at), in.i64(at + 8), in.u32(at + 16)));
                }
            }
            return new Request(key, count, List.copyOf(chunks));
        }

        /** True where it asks for no more than is allowed. */
        public boolean isWithinLimits() {
            long bytes = 0;
            for (Chunk chunk : chunks) {
                if (chunk.length == 0 || chunk.length > MOST_CHUNK_BYTES) {
                    return false;
                }
                bytes += chunk.length;
            }
            return count <= MOST_CHUNKS && bytes <= MOST_BYTES;
        }
    }

    /** The response: chunks copied, bytes of a chunk copied in part, bytes in all. */
    public static Blob response(int chunks, int partial, int bytes) {
        return new WireWriter(RESPONSE_BYTES)
                .i32(chunks)
                .i32(partial)
                .i32(bytes)
                .toBlob();
    }

    /** What a request beyond the limits is answered with, beside INVALID_PARAMETER. 3.3.5.15.6.2 */
    public static Blob limits() {
        return response(MOST_CHUNKS, MOST_CHUNK_BYTES, MOST_BYTES);
    }
}
