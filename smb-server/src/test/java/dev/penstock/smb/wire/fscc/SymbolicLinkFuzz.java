package dev.penstock.smb.wire.fscc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;

/** Any bytes are a symbolic link, which then can be written and read again, or malformed. */
class SymbolicLinkFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreALinkOrMalformed(byte[] bytes) throws MalformedMessage {
        SymbolicLink link;
        try {
            link = SymbolicLink.decode(Blob.of(bytes.clone()));
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
            return;
        }
        if (link.target().length() + link.shown().length() < SymbolicLink.MOST_BYTES / 2 - 20) {
            assertThat(SymbolicLink.decode(link.encode())).isEqualTo(link);
        }
    }
}
