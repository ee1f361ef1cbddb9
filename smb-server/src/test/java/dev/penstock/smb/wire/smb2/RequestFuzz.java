package dev.penstock.smb.wire.smb2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.nio.ByteBuffer;

/** Any bytes are either a request, which then can be written and read again, or malformed. */
class RequestFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreARequestOrMalformed(byte[] bytes) throws MalformedMessage {
        for (Command command : Command.values()) {
            Smb2Request request;
            try {
                WireReader reader = new WireReader(ByteBuffer.wrap(bytes));
                request = Smb2Request.decode(command, reader);
            } catch (MalformedMessage refused) {
                assertThat(refused.getStackTrace()).isEmpty();
                continue;
            }
            assertThat(request.command()).isEqualTo(command);
            var out = new WireWriter();
            out.zeros(Header.SIZE);
            request.encode(out);
        }
        try {
            TransformHeader header = TransformHeader.decode(new WireReader(ByteBuffer.wrap(bytes)));
            assertThat(header.originalMessageSize()).isEqualTo(bytes.length - TransformHeader.SIZE);
        } catch (MalformedMessage refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
    }
}
