package dev.penstock.cache.store.smb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class StridedReadRequestTest {
    private static byte[] description(int signature, int version, int features, int runs, int bytes) {
        return ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(signature)
                .putInt(version)
                .putInt(features)
                .putInt(runs)
                .putInt(bytes)
                .array();
    }

    private static int mostRuns(int signature, int version, int features, int runs, int bytes) {
        return StridedReadRequest.mostRuns(description(signature, version, features, runs, bytes), 1 << 20);
    }

    @Test
    void aServerOfOursSaysHowManyRunsItTakes() {
        assertThat(mostRuns(0x5453_4E50, 1, 1, 4096, 1 << 20)).isEqualTo(4096);
    }

    @Test
    void anybodyElseGathersNothing() {
        assertThat(StridedReadRequest.mostRuns(null, 1)).isZero();
        assertThat(StridedReadRequest.mostRuns(new byte[23], 1)).isZero();
        assertThat(mostRuns(0, 1, 1, 4096, 1 << 20)).isZero();
        assertThat(mostRuns(0x5453_4E50, 2, 1, 4096, 1 << 20)).isZero();
        assertThat(mostRuns(0x5453_4E50, 1, 2, 4096, 1 << 20)).isZero();
        assertThat(mostRuns(0x5453_4E50, 1, 1, 4096, (1 << 20) - 1)).isZero();
        assertThat(mostRuns(0x5453_4E50, 1, 1, -1, 1 << 20)).isZero();
    }
}
