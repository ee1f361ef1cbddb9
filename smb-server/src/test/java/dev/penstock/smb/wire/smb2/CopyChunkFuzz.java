package dev.penstock.smb.wire.smb2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;

/** Any bytes are a request to copy, within the limits or not, or malformed. */
class CopyChunkFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreARequestOrMalformed(byte[] bytes) {
        try {
            CopyChunk.Request request = CopyChunk.Request.decode(Blob.of(bytes.clone()));
            assertThat(request.chunks().size()).isLessThanOrEqualTo(CopyChunk.MOST_CHUNKS);
            if (request.isWithinLimits()) {
                long sum = request.chunks().stream()
                        .mapToLong(CopyChunk.Chunk::length)
                        .sum();
                assertThat(sum).isBetween(0L, (long) CopyChunk.MOST_BYTES);
            }
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
    }
}
