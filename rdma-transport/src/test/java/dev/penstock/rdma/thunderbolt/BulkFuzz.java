package dev.penstock.rdma.thunderbolt;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Words of a peer that says whatever it likes: refused, or followed without a byte outside of what was prepared. */
class BulkFuzz {
    /** Takes what is posted, and puts what the fuzzer wants into receives. */
    private static final class Port implements BulkPort {
        final MemorySegment[] receives = new MemorySegment[Long.SIZE];
        int oldest;
        int posted;

        @Override
        public byte[] address() {
            return new byte[4];
        }

        @Override
        public void connect(byte[] peer) throws IOException {
            if (peer.length != 4) {
                throw new IOException("no address");
            }
        }

        @Override
        public int depth() {
            return Long.SIZE;
        }

        @Override
        public @Nullable Pinned pin(MemorySegment memory) {
            return () -> {};
        }

        @Override
        public void receive(int piece, Pinned of, MemorySegment into) {
            receives[piece] = into;
            posted = piece + 1;
        }

        @Override
        public void send(int piece, Pinned of, MemorySegment from) {
            // It is lost.
        }

        @Override
        public void flush() {
            // Nothing waits.
        }

        @Override
        public boolean poll(Completions into) {
            if (oldest < posted) {
                into.received(oldest, (int) receives[oldest++].byteSize());
                return true;
            }
            return false;
        }

        @Override
        public void close() {
            posted = 0;
            oldest = 0;
        }
    }

    @FuzzTest
    void noWordMovesAByteOutsideOfItsPlace(FuzzedDataProvider data) {
        try (var arena = Arena.ofConfined()) {
            var memory = arena.allocate(5L * BulkPort.PIECE);
            var place = memory.asSlice(BulkPort.PIECE, 3L * BulkPort.PIECE - 100);
            var bulk = new Bulk(
                    new Bulk.Connection() {
                        @Override
                        public BulkPort bulkPort() {
                            return new Port();
                        }

                        @Override
                        public void landed() {
                            // The next may be prepared.
                        }

                        @Override
                        public void delivered(OutgoingSegment segment) {
                            throw new AssertionError("nothing was sent");
                        }

                        @Override
                        public void keyClosed(boolean reads) {
                            throw new AssertionError("there are no keys");
                        }
                    },
                    new Counters(),
                    64,
                    0);
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
