package dev.penstock.smb.wire.smb2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;

/** Any bytes are either a strided read within the limits, which is written and read again the same, or malformed. */
class StridedReadFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreAStridedReadOrMalformed(byte[] bytes) throws MalformedMessage {
        StridedRead.Request request;
        try {
            request = decode(Blob.of(bytes));
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
            return;
        }
        StridedRead.Runs runs = request.runs();
        assertThat((long) runs.length() * runs.count()).isBetween(1L, (long) StridedRead.MAX_BYTES);
        assertThat(runs.count()).isBetween(1, StridedRead.MAX_RUNS);
        assertThat(runs.offset()).isNotNegative();
        assertThat(runs.end()).isGreaterThanOrEqualTo(runs.offset() + runs.bytes());
        if (request.channel() != Read.CHANNEL_NONE && request.channelInfo().isEmpty()) {
            return; // written without an offset, which is the same thing
        }
        assertThat(decode(request.encode())).isEqualTo(request);
    }

    private static StridedRead.Request decode(Blob input) throws MalformedMessage {
        return StridedRead.Request.decode(new Ioctl.Request(
                StridedRead.FSCTL_PENSTOCK_READ_STRIDED, FileId.PREVIOUS, input, 0, 0, Ioctl.IS_FSCTL));
    }
}
