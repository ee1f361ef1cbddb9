package dev.penstock.rdma.thunderbolt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a peer may have us do, and how often: nothing moves but the clock. */
class BulkTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final BulkEnd end = new BulkEnd();
    private final Bulk bulk = new Bulk(end, end::make, new Counters(), 64, 0);
    private final ByteBuffer out = ByteBuffer.allocate(FrameHeader.MAX_PAYLOAD);
    private int generation;

    private void open() throws BulkWord.BrokenWordException, IOException {
        hear(ByteBuffer.wrap(BulkWord.open(++generation, new byte[4])));
    }

    private void hear(ByteBuffer word) throws BulkWord.BrokenWordException, IOException {
        bulk.heard(BulkWord.read(word), word);
    }

    private void answer() {
        while (bulk.next(out.clear())) {
            assertThat(out.position()).isPositive();
        }
    }

    @Test
    void aPeerThatKeepsToThePausesGetsANewPortEachTime() throws Exception {
        for (int i = 0; i < 100; i++) {
            bulk.progress(i * SECOND);
            open();
            answer();
        }
        assertThat(end.ports()).isEqualTo(100);
    }

    @Test
    void aPeerThatOpensOverAndOverIsRefusedBeforeThePortsAreMade() throws Exception {
        for (int i = 0; i < 4; i++) {
            open();
            answer();
        }
        assertThatThrownBy(this::open).hasMessage("ports are opened faster than they can be used");
        assertThat(end.ports()).isEqualTo(4);
    }

    @Test
    void aPeerThatWaitsForNoAnswerIsRefused() throws Exception {
        try (var arena = Arena.ofConfined()) {
            var place = arena.allocate(BulkPort.PIECE);
            var piece = ByteBuffer.allocate(BulkWord.PIECE_HEADER + BulkPort.PIECE);
            BulkWord.PIECE.begin(piece).putInt(0).position(0);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            bulk.prepared(true, place, null);
                            hear(piece.duplicate());
                        }
                    })
                    .hasMessage("answers are not waited for");
        }
        bulk.close();
        assertThat(bulk.next(out)).isFalse();
    }
}
