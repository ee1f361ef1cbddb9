package dev.penstock.smb.apple;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import java.nio.ByteBuffer;

/** Any bytes are an AppleDouble file, a question of a Mac, a write of the Finder's bytes, or malformed. */
class AppleFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreTakenOrMalformed(byte[] bytes) {
        try {
            AppleDouble contents = AppleDouble.decode(ByteBuffer.wrap(bytes), bytes.length);
            assertThat(contents.resource().offset() + contents.resource().length())
                    .isLessThanOrEqualTo(bytes.length);
            assertThat(contents.finderInfo().length()).isIn(0, 32);
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
        try {
            if (Aapl.decode(Blob.of(bytes.clone())) instanceof Aapl.Query.Server server) {
                int agreed = Aapl.agree(server.capabilities());
                assertThat(Aapl.answer(server, agreed, 0, "Penstock").data().length())
                        .isLessThanOrEqualTo(64);
            }
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
        byte[] written = AfpInfo.written(bytes, bytes.length % 3, bytes);
        assertThat(written == null || written.length == AfpInfo.BYTES).isTrue();
        byte[] info = AfpInfo.finderInfo(bytes);
        assertThat(info == null || info.length == AfpInfo.FINDER_BYTES).isTrue();
    }
}
