package dev.penstock.cache.store.smb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hierynomus.mserref.NtStatus;
import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.smb.SMBBuffer;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.RemoteSpan;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DataChannelTest {
    private static final String PATH = "a/file";

    /** In READ behind the header of 64 bytes: [MS-SMB2] 2.2.19. */
    private static final int READ_CHANNEL = 64 + 36;

    private static final StridedReadRequest.Runs RUNS = new StridedReadRequest.Runs(0, 4, 100, 2);

    private final ScriptedServer server = new ScriptedServer();
    private final Windows windows = new Windows();
    private final byte[] bytes = new byte[16];
    private final SmbTarget memory = new SmbTarget(MemorySegment.ofArray(bytes));
    private final DataChannel inline = new InlineChannel(server.exchange(SMB2Dialect.SMB_3_1_1));
    private final DataChannel placed = placed(SMB2Dialect.SMB_3_1_1, true);

    private DataChannel placed(SMB2Dialect dialect, boolean invalidation) {
        return new PlacedChannel(server.exchange(dialect), windows, invalidation);
    }

    /** Opens windows, and knows which of them still stand. */
    private static final class Windows implements PlacedChannel.Peer {
        final List<String> opened = new ArrayList<>();
        int open;
        int placed = 8;

        @Override
        public MemoryWindow expose(SmbTarget memory, long offset, int length, boolean writable) {
            opened.add(offset + "+" + length + (writable ? " writable" : ""));
            open++;
            return new MemoryWindow() {
                @Override
                public RemoteSpan span() {
                    return new RemoteSpan(5, 0x1000 + offset, length);
                }

                @Override
                public boolean open() {
                    return open > 0;
                }

                @Override
                public void close() {
                    open--;
                }
            };
        }

        @Override
        public int takePlaced(long messageId) {
            return messageId == 7 ? placed : -1;
        }
    }

    private int read(DataChannel by) throws IOException {
        return by.read(PATH, ScriptedServer.FILE, 0, memory, 4, 8);
    }

    private int gather(DataChannel by) throws IOException {
        return by.gather(PATH, ScriptedServer.FILE, RUNS, memory, 4);
    }

    private int write(DataChannel by) throws IOException {
        return by.write(PATH, ScriptedServer.FILE, 0, memory, 4, 8);
    }

    private int sent(int offset) {
        SMBBuffer wire = server.received.getLast();
        return MemorySegment.ofArray(wire.getCompactData())
                .get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), offset);
    }

    @Test
    void dataInAMessageGoesWhereItWasAskedFor() throws Exception {
        server.answers(ScriptedServer.read(1, 2, 3));

        assertThat(read(inline)).isEqualTo(3);
        assertThat(bytes).startsWith(0, 0, 0, 0, 1, 2, 3, 0);
    }

    @Test
    void moreDataThanWasAskedForGetsIntoNobodysMemory() throws Exception {
        server.answers(ScriptedServer.read(1, 1, 1, 1, 1, 1, 1, 1, 1));

        assertThat(read(inline)).isEqualTo(9);
        assertThat(bytes).containsOnly(0);
    }

    @Test
    void theMemoryIsOpenWhileTheRequestIsUnderWayAndNoLonger() throws Exception {
        var openThen = new ArrayList<Integer>();
        server.onReceived = () -> openThen.add(windows.open);
        server.answers(ScriptedServer.read());
        assertThat(read(placed)).isEqualTo(8);
        server.answers(ScriptedServer.written(8));
        assertThat(write(placed)).isEqualTo(8);
        server.answers(ScriptedServer.output(8, 0, 0, 0));
        assertThat(gather(placed)).isEqualTo(8);

        assertThat(openThen).containsExactly(1, 1, 1);
        assertThat(windows.open).isZero();
        assertThat(windows.opened).containsExactly("4+8 writable", "4+8", "4+8 writable");
    }

    @Test
    void theMemoryIsClosedToAServerThatRefusesOrIsLost() {
        server.answers(ScriptedServer.read(), NtStatus.STATUS_END_OF_FILE);
        assertThatThrownBy(() -> read(placed)).isInstanceOf(EOFException.class);
        assertThat(windows.open).isZero();

        server.answer = CompletableFuture.failedFuture(new IOException("cable"));
        assertThatThrownBy(() -> write(placed)).hasMessageContaining("cable");
        assertThatThrownBy(() -> gather(placed)).hasMessageContaining("cable");
        assertThat(windows.open).isZero();
    }

    @Test
    void aServerMustNotSendInAMessageWhatItWasToPlace() {
        server.answers(ScriptedServer.read(1));

        assertThatThrownBy(() -> read(placed)).hasMessageContaining("instead of placing it");
        assertThat(windows.open).isZero();
    }

    @Test
    void aReadWhoseAnswerHasNotSaidWhatWasPlacedIsNotTakenForOne() throws Exception {
        windows.placed = -1;
        server.answers(ScriptedServer.read());

        assertThat(read(placed)).isEqualTo(-1);
    }

    @Test
    void gatheredBytesAreAllThatWereAskedForOrNone() throws Exception {
        server.answers(ScriptedServer.output(1, 1, 1, 1, 2, 2, 2, 2));
        assertThat(gather(inline)).isEqualTo(8);
        assertThat(bytes).startsWith(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0);

        server.answers(ScriptedServer.output(3, 3, 3, 3));
        assertThatThrownBy(() -> gather(inline)).hasMessage("a/file: 4 bytes gathered instead of 8");
        server.answers(ScriptedServer.output(4, 0, 0, 0));
        assertThatThrownBy(() -> gather(placed)).hasMessage("a/file: 4 bytes gathered instead of 8");
        server.answers(ScriptedServer.output(8));
        assertThatThrownBy(() -> gather(placed)).hasMessage("a/file: 0 bytes gathered instead of 8");
        assertThat(bytes).doesNotContain(3);
    }

    @Test
    void theServerIsLetEndAKeyWhereBothSidesCan() throws Exception {
        server.answers(ScriptedServer.read());

        read(placed);
        assertThat(sent(READ_CHANNEL)).isEqualTo(2);
        read(placed(SMB2Dialect.SMB_3_0, true));
        assertThat(sent(READ_CHANNEL)).isEqualTo(1);
        read(placed(SMB2Dialect.SMB_3_1_1, false));
        assertThat(sent(READ_CHANNEL)).isEqualTo(1);
        read(inline);
        assertThat(sent(READ_CHANNEL)).isZero();
    }
}
