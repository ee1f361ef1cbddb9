package dev.penstock.rdma.thunderbolt;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** Words of a peer that says whatever it likes: refused, or followed without a byte outside of what was prepared. */
class BulkFuzz {
    @FuzzTest
    void noWordMovesAByteOutsideOfItsPlace(FuzzedDataProvider data) {
        try (var arena = Arena.ofConfined()) {
            var memory = arena.allocate(5L * BulkPort.PIECE);
            var place = memory.asSlice(BulkPort.PIECE, 3L * BulkPort.PIECE - 100);
            var end = new BulkEnd();
            var bulk = new Bulk(end, end::make, new Counters(), 64, 0);
            try {
                talk(bulk, place, data);
            } catch (BulkWord.BrokenWordException | IOException e) {
                assertThat(e).hasMessageContaining(" ");
            } finally {
                bulk.close();
            }
            assertThat(memory.asSlice(0, BulkPort.PIECE).mismatch(arena.allocate(BulkPort.PIECE)))
                    .isEqualTo(-1);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 4L * BulkPort.PIECE - 100))
                    .isZero();
        }
    }

    private static void talk(Bulk bulk, MemorySegment place, FuzzedDataProvider data)
            throws BulkWord.BrokenWordException, IOException {
        var out = ByteBuffer.allocate(FrameHeader.MAX_PAYLOAD);
        for (int turn = 0; turn < 50 && data.remainingBytes() > 0; turn++) {
            if (!bulk.isLanding() && data.consumeBoolean()) {
                bulk.prepared(data.consumeBoolean(), place, null);
            }
            var word = ByteBuffer.wrap(data.consumeBytes(300));
            if (BulkWord.begins(word)) {
                var read = BulkWord.read(word);
                if (read != BulkWord.PREPARE) {
                    bulk.heard(read, word);
                }
            }
            bulk.progress(turn * 20_000_000L);
            while (bulk.next(out.clear())) {
                assertThat(out.position()).isPositive();
            }
        }
    }
}
