package dev.penstock.rdma;

import static dev.penstock.rdma.WorkCompletion.Opcode.READ;
import static dev.penstock.rdma.WorkCompletion.Opcode.RECEIVE;
import static dev.penstock.rdma.WorkCompletion.Opcode.SEND;
import static dev.penstock.rdma.WorkCompletion.Opcode.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.penstock.rdma.TestEnds.Done;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every provider has to do. */
public abstract class AbstractRdmaContract {
    private static final int MIB = 1 << 20;
    private static final long SEED = Long.getLong("penstock.seed", 20261122);

    protected Device device;
    protected TestEnds ends;
    private TestEnds.End client;
    private TestEnds.End server;

    /** The provider under test. */
    protected abstract Device open() throws IOException;

    /** Where the device can listen. */
    protected InetAddress address() {
        return InetAddress.getLoopbackAddress();
    }

    /**
     * Whether it is an adapter: those do not say why a peer's adapter has ended a connection, their connection manager pads private data, and
     * their windows cannot be invalidated by the peer.
     */
    protected boolean adapter() {
        return false;
    }

    /**
     * Whether it is Linux' iWARP in software, as of 6.12: that answers a READ of memory that was opened for writing only, lets a peer
     * invalidate a region that was registered from user space, and refuses a request without any memory.
     */
    protected boolean siw() {
        return false;
    }

    /** The time that passes for both ends; that of a simulation may stand still for whoever does not look. */
    protected long time() {
        return System.nanoTime();
    }

    /** The status by which a connection ended; of an adapter, that it did not end well. */
    private void endedWith(TestEnds.End end, RdmaStatus status) {
        if (adapter()) {
            assertThat(end.disconnect.status()).isNotEqualTo(RdmaStatus.SUCCESS);
        } else {
            assertThat(end.disconnect.status()).isEqualTo(status);
        }
    }

    @BeforeEach
    void connect() throws IOException {
        device = open();
        use(new TestEnds(device, address(), 16 * MIB, 4).established());
    }

    private void use(TestEnds fresh) {
        ends = fresh;
        client = fresh.client;
        server = fresh.server;
    }

    @AfterEach
    protected void disconnect() {
        ends.close();
        var held = device.held();
        if (held != null) { // where the operating system counts, it says so in the guest
            assertThat(held).isEqualTo(new Device.Held(0, 0, 0));
        }
        device.close();
    }

    private static void fill(MemorySegment memory, long seed) {
        var random = new Random(seed);
        byte[] bytes = new byte[(int) memory.byteSize()];
        random.nextBytes(bytes);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    }

    private static long sum(MemorySegment memory) {
        var crc = new CRC32C();
        crc.update(memory.asByteBuffer());
        return crc.getValue();
    }

    private static String text(MemorySegment memory, long at, int length) {
        return new String(
                memory.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), java.nio.charset.StandardCharsets.US_ASCII);
    }

    private void write(TestEnds.End end, long at, String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        MemorySegment.copy(bytes, 0, end.memory, ValueLayout.JAVA_BYTE, at, bytes.length);
    }

    /** Both ends see the connection end, and all that was outstanding complete. */
    private void untilOver() {
        ends.until(() -> client.disconnect != null && server.disconnect != null);
    }

    @Test
    void theEndsLearnEachOthersPrivateDataAndReads() {
        assertThat(client.agreed.privateData()).startsWith(7);
        assertThat(server.agreed.privateData()).startsWith(1, 2);
        assertThat(client.agreed.outboundReads()).isEqualTo(4);
        assertThat(server.agreed.inboundReads()).isEqualTo(4);
    }

    @Test
    void messagesArriveInOrderEachInItsReceive() {
        for (int i = 0; i < 100; i++) {
            server.pair.postReceive(i, server.span(i * 64, 64));
        }
        for (int i = 0; i < 100; i++) {
            client.memory.set(ValueLayout.JAVA_INT, i * 4, i);
            client.pair.postSend(1000 + i, List.of(client.span(i * 4, 4)));
        }
        ends.until(() -> server.count(RECEIVE) == 100 && client.count(SEND) == 100);
        for (int i = 0; i < 100; i++) {
            assertThat(server.memory.get(ValueLayout.JAVA_INT, i * 64)).isEqualTo(i);
            assertThat(server.done.get(i)).isEqualTo(new Done(RECEIVE, i, RdmaStatus.SUCCESS, 4, false, 0));
            assertThat(client.done.get(i).id()).isEqualTo(1000 + i);
        }
    }

    @Test
    void theAcceptingEndMaySendAtOnce() {
        client.pair.postReceive(1, client.span(0, 8));
        server.pair.postSend(2, List.of(server.span(0, 8)));
        ends.until(() -> client.count(RECEIVE) == 1);
    }

    @Test
    void aMessageIsGatheredFromItsSpans() {
        write(client, 0, "abc");
        write(client, 100, "defgh");
        write(client, 5000, "i");
        server.pair.postReceive(1, server.span(0, 64));
        client.pair.postSend(
                2, List.of(client.span(0, 3), client.span(100, 5), client.span(7, 0), client.span(5000, 1)));
        ends.until(() -> server.count(RECEIVE) == 1);
        assertThat(server.done.getFirst().length()).isEqualTo(9);
        assertThat(text(server.memory, 0, 9)).isEqualTo("abcdefghi");
    }

    @Test
    void aLargeMessageIsGatheredToo() {
        fill(client.memory, SEED);
        server.pair.postReceive(1, server.span(0, 4 * MIB));
        client.pair.postSend(
                2, List.of(client.span(0, MIB + 1), client.span(MIB + 1, 2 * MIB), client.span(3 * MIB + 1, 77)));
        ends.until(() -> server.count(RECEIVE) == 1);
        long length = server.done.getFirst().length();
        assertThat(length).isEqualTo(3L * MIB + 78);
        assertThat(sum(server.memory.asSlice(0, length))).isEqualTo(sum(client.memory.asSlice(0, length)));
    }

    @Test
    void emptyMessagesWritesAndReadsComplete() {
        assumeFalse(siw(), "known of siw");
        server.pair.postReceive(1, server.span(0, 0));
        client.pair.postSend(2, List.of());
        client.pair.postWrite(3, List.of(), server.remote(0, 0));
        client.pair.postRead(4, client.span(0, 0), server.remote(0, 0));
        ends.until(() -> client.done.size() == 3 && server.done.size() == 1);
        assertThat(client.done).extracting(Done::opcode).containsExactly(SEND, WRITE, READ);
        assertThat(client.done).extracting(Done::status).containsOnly(RdmaStatus.SUCCESS);
    }

    @Test
    void aWriteIsInPlaceWhenTheMessageBehindItArrives() {
        fill(client.memory, SEED);
        server.pair.postReceive(1, server.span(0, 16));
        client.pair.postWrite(2, List.of(client.span(0, MIB), client.span(2 * MIB, 333)), server.remote(100, 2 * MIB));
        client.pair.postSend(3, List.of(client.span(0, 1)));
        ends.until(() -> server.count(RECEIVE) == 1);
        assertThat(sum(server.memory.asSlice(100, MIB))).isEqualTo(sum(client.memory.asSlice(0, MIB)));
        assertThat(server.memory.asSlice(100 + MIB, 333).mismatch(client.memory.asSlice(2 * MIB, 333)))
                .isEqualTo(-1);
        assertThat(server.done).hasSize(1);
    }

    @Test
    void aReadFetchesThePeersMemory() {
        fill(server.memory, SEED);
        client.pair.postRead(1, client.span(3, 5 * MIB), server.remote(MIB, 5 * MIB));
        ends.until(() -> client.count(READ) == 1);
        assertThat(client.done.getFirst().length()).isEqualTo(5L * MIB);
        assertThat(sum(client.memory.asSlice(3, 5 * MIB))).isEqualTo(sum(server.memory.asSlice(MIB, 5 * MIB)));
    }

    @Test
    void aReadIsInPlaceWhenItIsToldThoughAMessageBehindItWasFasterOut() {
        fill(server.memory, SEED);
        for (int i = 0; i < 8; i++) {
            int at = i * 2 * MIB;
            server.pair.postReceive(i, server.span(16 * MIB - 8, 8));
            client.pair.postRead(i, client.span(at, MIB), server.remote(at, MIB));
            client.pair.postSend(100 + i, List.of());
            int before = 2 * i;
            ends.until(() -> client.done.size() > before);
            assertThat(client.done.get(before)).isEqualTo(new Done(READ, i, RdmaStatus.SUCCESS, MIB, false, 0));
            assertThat(client.memory.asSlice(at, MIB).mismatch(server.memory.asSlice(at, MIB)))
                    .isEqualTo(-1);
            ends.until(() -> client.done.size() == before + 2);
        }
    }

    @Test
    void readsBeyondTheAgreedNumberWaitAndCompletionsKeepTheOrderOfPosting() {
        fill(server.memory, SEED);
        server.pair.postReceive(1, server.span(0, 8));
        for (int i = 0; i < 60; i++) {
            client.pair.postRead(i, client.span(i * 70_000, 70_000), server.remote(i * 70_000, 70_000));
        }
        client.pair.postSend(60, List.of());
        ends.until(() -> client.done.size() == 61);
        for (int i = 0; i < 61; i++) {
            assertThat(client.done.get(i).id()).isEqualTo(i);
            assertThat(client.done.get(i).status()).isEqualTo(RdmaStatus.SUCCESS);
        }
        assertThat(sum(client.memory.asSlice(0, 60 * 70_000))).isEqualTo(sum(server.memory.asSlice(0, 60 * 70_000)));
    }

    @Test
    void bigTransfersInBothDirectionsAtOnceArriveWhole() {
        fill(client.memory.asSlice(0, 6 * MIB), SEED);
        fill(server.memory.asSlice(0, 6 * MIB), SEED + 1);
        for (int i = 0; i < 6; i++) {
            client.pair.postWrite(i, List.of(client.span(i * MIB, MIB)), server.remote((8 + i) * MIB, MIB));
            server.pair.postWrite(i, List.of(server.span(i * MIB, MIB)), client.remote((8 + i) * MIB, MIB));
        }
        client.pair.postReceive(100, client.span(15 * MIB, 8));
        server.pair.postReceive(100, server.span(15 * MIB, 8));
        client.pair.postSend(101, List.of());
        server.pair.postSend(101, List.of());
        ends.until(() -> client.count(RECEIVE) == 1 && server.count(RECEIVE) == 1);
        assertThat(sum(server.memory.asSlice(8 * MIB, 6 * MIB))).isEqualTo(sum(client.memory.asSlice(0, 6 * MIB)));
        assertThat(sum(client.memory.asSlice(8 * MIB, 6 * MIB))).isEqualTo(sum(server.memory.asSlice(0, 6 * MIB)));
    }

    @Test
    void aMessageCanEndAWindow() throws IOException {
        assumeFalse(adapter(), "a window is a registration there");
        var window = server.domain.window(server.region, 64, 128, EnumSet.of(Access.REMOTE_WRITE));
        assertThat(window.open()).isTrue();
        server.pair.postReceive(1, server.span(0, 16));
        client.pair.postWrite(2, List.of(client.span(0, 128)), window.span());
        client.pair.postSendInvalidate(
                3, List.of(client.span(0, 5)), window.span().key());
        ends.until(() -> server.count(RECEIVE) == 1);
        assertThat(server.done.getFirst())
                .isEqualTo(new Done(
                        RECEIVE, 1, RdmaStatus.SUCCESS, 5, true, window.span().key()));
        assertThat(window.open()).isFalse();
        window.close();
        client.pair.postWrite(4, List.of(client.span(0, 1)), window.span());
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_ACCESS);
    }

    @Test
    void aRegionsOwnKeyCannotBeInvalidated() {
        assumeFalse(siw(), "known of siw");
        server.pair.postReceive(1, server.span(0, 16));
        client.pair.postSendInvalidate(3, List.of(), server.region.remoteKey());
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_ACCESS);
        // Adapters tell the receive that was to take the message what was wrong with it.
        assertThat(server.done).extracting(Done::status).doesNotContain(RdmaStatus.SUCCESS);
        assertThat(server.done).hasSize(1);
    }

    @Test
    void aWriteBeyondTheBoundsIsRefusedBeforeAByteIsPlaced() throws IOException {
        var window = server.domain.window(server.region, 64, 128, EnumSet.of(Access.REMOTE_WRITE));
        refusedWrite(new RemoteSpan(window.span().key(), window.span().address() + 1, 128));
    }

    @Test
    void aWriteBeforeTheBoundsIsRefused() throws IOException {
        var window = server.domain.window(server.region, 64, 128, EnumSet.of(Access.REMOTE_WRITE));
        refusedWrite(new RemoteSpan(window.span().key(), window.span().address() - 1, 128));
    }

    @Test
    void aWriteThatWrapsIsRefused() throws IOException {
        var window = server.domain.window(server.region, 64, 128, EnumSet.of(Access.REMOTE_WRITE));
        refusedWrite(new RemoteSpan(window.span().key(), -64, 128));
    }

    @Test
    void aWriteUnderAnUnknownKeyIsRefused() {
        refusedWrite(new RemoteSpan(server.region.remoteKey() ^ 1, server.memory.address(), 128));
    }

    @Test
    void aWriteWithoutTheRightIsRefused() throws IOException {
        var window = server.domain.window(server.region, 64, 128, EnumSet.of(Access.REMOTE_READ));
        refusedWrite(window.span());
    }

    @Test
    void aWriteUnderAKeyOfAnotherDomainIsRefused() throws IOException {
        try (var other = device.protectionDomain()) {
            refusedWrite(
                    other.register(server.memory, EnumSet.allOf(Access.class)).remoteSpan(64, 128));
        }
    }

    private void refusedWrite(RemoteSpan to) {
        fill(client.memory.asSlice(0, 128), SEED);
        server.pair.postReceive(1, server.span(4096, 16));
        client.pair.postReceive(2, client.span(4096, 16));
        client.pair.postWrite(3, List.of(client.span(0, 128)), to);
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_ACCESS);
        endedWith(server, RdmaStatus.PROTOCOL);
        assertThat(server.done).containsExactly(new Done(RECEIVE, 1, RdmaStatus.FLUSHED, 0, false, 0));
        assertThat(server.memory.asSlice(0, 4096).toArray(ValueLayout.JAVA_BYTE))
                .containsOnly(0);
        ends.until(() -> client.done.size() == 2);
    }

    @Test
    void aReadWithoutTheRightIsRefusedAndLeavesOurMemoryAlone() throws IOException {
        assumeFalse(siw(), "known of siw");
        var window = server.domain.window(server.region, 0, 128, EnumSet.of(Access.REMOTE_WRITE));
        fill(server.memory.asSlice(0, 128), SEED);
        client.pair.postRead(3, client.span(0, 128), window.span());
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_ACCESS);
        ends.until(() -> client.done.size() == 1);
        assertThat(client.done).containsExactly(new Done(READ, 3, RdmaStatus.FLUSHED, 0, false, 0));
        assertThat(client.memory.asSlice(0, 128).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    }

    @Test
    void aReadBeyondTheBoundsIsRefused() {
        client.pair.postRead(3, client.span(0, 128), server.remote(16 * MIB - 127, 128));
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_ACCESS);
    }

    @Test
    void aMessageWithoutAReceiveEndsTheConnection() {
        client.pair.postSend(1, List.of(client.span(0, 4)));
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_OPERATION);
    }

    @Test
    void aMessageLongerThanItsReceiveEndsTheConnection() {
        server.pair.postReceive(1, server.span(0, 4));
        client.pair.postSend(1, List.of(client.span(0, 5)));
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_OPERATION);
        assertThat(server.memory.asSlice(0, 4).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    }

    @Test
    void closingFlushesWhatIsOutstandingOnBothEnds() {
        server.pair.postReceive(1, server.span(0, 16));
        client.pair.postReceive(2, client.span(0, 16));
        client.pair.postReceive(3, client.span(16, 16));
        client.pair.postRead(4, client.span(32, 8), server.remote(0, 8));
        client.pair.close();
        untilOver();
        ends.until(() -> client.done.size() == 3 && server.done.size() == 1);
        // An adapter does not wait for a poll: the read may be done before the close.
        assertThat(client.done)
                .filteredOn(d -> !adapter() || d.opcode() != READ)
                .extracting(Done::status)
                .containsOnly(RdmaStatus.FLUSHED);
        assertThat(server.done).extracting(Done::status).containsOnly(RdmaStatus.FLUSHED);
        assertThat(client.disconnect.status()).isEqualTo(RdmaStatus.SUCCESS);
        assertThat(server.disconnect.status()).isEqualTo(RdmaStatus.DISCONNECTED);
    }

    @Test
    void whatIsPostedAfterTheEndCompletesAsFlushed() {
        client.pair.close();
        client.pair.postReceive(2, client.span(0, 16));
        client.pair.postSend(4, List.of(client.span(0, 16)));
        ends.until(() -> client.done.size() == 2);
        assertThat(client.done).extracting(Done::status).containsOnly(RdmaStatus.FLUSHED);
    }

    @Test
    void whatWasSentBeforeACloseStillArrives() {
        server.pair.postReceive(1, server.span(0, MIB));
        fill(client.memory, SEED);
        client.pair.postSend(2, List.of(client.span(0, MIB)));
        ends.until(() -> client.count(SEND) == 1);
        client.pair.close();
        untilOver();
        assertThat(server.count(RECEIVE)).isOne();
        assertThat(sum(server.memory.asSlice(0, MIB))).isEqualTo(sum(client.memory.asSlice(0, MIB)));
    }

    /** A rank computes a step of a large model, and looks at its queue afterwards. */
    @Test
    void aPeerThatDoesNotLookForTwoSecondsIsStillThere() {
        server.pair.postReceive(1, server.span(0, MIB));
        client.pair.postSend(2, List.of(client.span(0, MIB)));
        long end = time() + 2_000_000_000L;
        while (time() - end < 0) {
            client.poll();
            client.queue.await(1_000_000);
        }
        assertThat(client.disconnect).isNull();
        ends.until(() -> server.count(RECEIVE) == 1 && client.count(SEND) == 1);
    }

    /** A JVM that has just started is slow: what the accepting end has to say meanwhile comes together with its answer. */
    @Test
    void anEndThatLooksForItsAnswerLateIsConnectedAllTheSame() throws IOException {
        try (var late = new TestEnds(device, address(), 4096, 4)) {
            late.until(() -> late.server.pair.state() != QueuePair.State.IDLE);
            long end = time() + 500_000_000L;
            while (time() - end < 0) {
                client.poll();
                client.queue.await(1_000_000);
            }
            late.until(() -> pollsToo() && late.client.agreed != null && late.server.agreed != null);
            late.server.pair.postReceive(1, late.server.span(0, 8));
            late.client.pair.postSend(2, List.of(late.client.span(0, 8)));
            late.until(() -> pollsToo() && late.server.count(RECEIVE) == 1);
            late.client.pair.close();
            late.until(() -> pollsToo() && late.server.disconnect != null);
        }
    }

    /** Virtual time does not go on beyond what is due for an end that is not polled. */
    private boolean pollsToo() {
        client.poll();
        server.poll();
        return true;
    }

    @Test
    void aWindowClosedByItsOwnerEndsTheStreamOfWhoUsesIt() throws IOException {
        var window = server.domain.window(server.region, 0, 4096, EnumSet.of(Access.REMOTE_WRITE));
        window.close();
        client.pair.postWrite(1, List.of(client.span(0, 4096)), window.span());
        untilOver();
        endedWith(client, RdmaStatus.REMOTE_ACCESS);
    }

    @Test
    void mistakesOfTheUserAreToldAtOnce() throws IOException {
        var readOnly = client.domain.register(client.memory, EnumSet.of(Access.REMOTE_READ));
        assertThatThrownBy(() -> client.pair.postReceive(1, readOnly.span(0, 8)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> client.pair.postSend(1, List.of(server.span(0, 8))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> client.pair.postWrite(1, List.of(client.span(0, 9)), server.remote(0, 8)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 257; i++) {
                        client.pair.postReceive(1, client.span(0, 8));
                    }
                })
                .isInstanceOf(IllegalStateException.class);
    }
}
