package dev.penstock.smb.volume.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;

/** Whatever the bytes, the decoder ends, and no event is longer than what it is made of. */
class FanotifyDecoderFuzz {
    @FuzzTest(maxDuration = "2m")
    void events(byte[] bytes) {
        var events = new ArrayList<HostEvent>();
        FanotifyDecoder.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), 1, events);
        assertThat(events.size()).isLessThanOrEqualTo(bytes.length / 24);
    }
}
