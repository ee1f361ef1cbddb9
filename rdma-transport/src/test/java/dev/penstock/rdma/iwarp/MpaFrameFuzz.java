package dev.penstock.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.rdma.rdmap.StartUpException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Start-up frames: whatever comes is a frame, the beginning of one, or malformed. */
class MpaFrameFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytes(FuzzedDataProvider data) {
        boolean reply = data.consumeBoolean();
        boolean honestKey = data.consumeBoolean();
        byte[] rest = data.consumeRemainingAsBytes();
        var bytes = ByteBuffer.allocate(rest.length + 16);
        if (honestKey) {
            bytes.put((reply ? "MPA ID Rep Frame" : "MPA ID Req Frame").getBytes(StandardCharsets.US_ASCII));
        }
        bytes.put(rest).flip();
        int given = bytes.remaining();
        try {
            var frame = MpaFrame.decode(bytes, reply);
            if (frame == null) {
                assertThat(bytes.remaining()).isEqualTo(given).isLessThan(MpaFrame.MAX_BYTES);
                return;
            }
            assertThat(frame.privateData().length).isLessThanOrEqualTo(MpaFrame.MAX_PRIVATE_DATA);
            var again = frame.encode();
            assertThat(again.remaining()).isEqualTo(given - bytes.remaining());
            assertThat(MpaFrame.decode(again, reply)).isEqualTo(frame);
        } catch (StartUpException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }
}
