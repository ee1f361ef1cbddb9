package dev.penstock.smb.wire.smb2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import java.nio.ByteBuffer;

/** Any bytes are either a response or malformed. */
class ResponseFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreAResponseOrMalformed(byte[] bytes) {
        for (Command command : Command.values()) {
            try {
                assertThat(Smb2Response.decode(command, new WireReader(ByteBuffer.wrap(bytes))))
                        .isNotNull();
            } catch (MalformedMessage refused) {
                assertThat(refused.getStackTrace()).isEmpty();
            }
        }
    }
}
