package dev.penstock.smb.wire.fscc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import java.util.List;

/** Any bytes are a list of extended attributes, which then can be written and read again, or malformed. */
class FullEaFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreAListOrMalformed(byte[] bytes) throws MalformedMessage {
        Blob list = Blob.of(bytes.clone());
        List<FullEa.Entry> entries;
        try {
            assertThat(FullEa.decodeNames(list)).isNotNull();
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
        try {
            entries = FullEa.decode(list);
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
            return;
        }
        Blob written = FullEa.encode(entries);
        assertThat(written.length()).isEqualTo(FullEa.size(entries));
        if (written.length() <= FullEa.MOST_BYTES) {
            assertThat(FullEa.decode(written)).isEqualTo(entries);
        }
    }
}
