package dev.penstock.smb.wire.smb2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StridedReadTest {
    private static final FileId FILE = new FileId(3, 4);

    private static StridedRead.Request decode(Blob input) throws MalformedMessage {
        return StridedRead.Request.decode(
                new Ioctl.Request(StridedRead.FSCTL_PENSTOCK_READ_STRIDED, FILE, input, 0, 1 << 20, 1));
    }

    @Test
    void theBytesAreThoseOfItsDescription() throws MalformedMessage {
        var request = new StridedRead.Request(
                FILE, new StridedRead.Runs(0x0102, 0x20, 0x300, 5), Read.CHANNEL_RDMA_V1, Blob.of(new byte[] {9, 8}));
        assertThat(HexFormat.of().formatHex(request.encode().toArray()))
                .isEqualTo("30000000" + "01000000" + "0201000000000000" + "0003000000000000" + "20000000" + "05000000"
                        + "30000000" + "02000000" + "0000000000000000" + "0908");
        assertThat(decode(request.encode())).isEqualTo(request);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 8, 1", // no bytes
        "0, 8, 8, 0", // no runs
        "0, 8, 7, 2", // one upon the other
        "-1, 8, 8, 2",
        "0, 8, -8, 2",
        "0, 1, 1, 65537", // too many
        "0, 8388609, 8388609, 1", // too long
        "0, 4096, 4096, 2049", // too much
        "9223372036854775800, 8, 8, 1", // past the end of all files
        "0, 8, 4611686018427387904, 3"
    })
    void runsBeyondTheLimitsAreMalformed(long offset, int length, long stride, int count) {
        var request = new StridedRead.Request(
                FILE, new StridedRead.Runs(offset, length, stride, count), Read.CHANNEL_NONE, Blob.EMPTY);
        assertThatThrownBy(() -> decode(request.encode())).isInstanceOf(MalformedMessage.class);
    }

    @Test
    void theLargestIsNot() throws MalformedMessage {
        var runs = new StridedRead.Runs(1, 128, 1L << 40, StridedRead.MAX_RUNS);
        assertThat(decode(new StridedRead.Request(FILE, runs, Read.CHANNEL_NONE, Blob.EMPTY).encode())
                        .runs())
                .isEqualTo(runs);
    }

    @Test
    void theAnswerIsAnIoctlsAnswer() throws MalformedMessage {
        var out = new WireWriter();
        out.zeros(Header.SIZE);
        new StridedRead.Response(FILE, 4).encode(out);
        out.i32(0x01020304);
        ByteBuffer message = out.buffer();
        assertThat(Smb2Response.decode(Command.IOCTL, new WireReader(message)))
                .isEqualTo(new Ioctl.Response(
                        StridedRead.FSCTL_PENSTOCK_READ_STRIDED, FILE, Blob.of(new byte[] {4, 3, 2, 1})));
    }
}
