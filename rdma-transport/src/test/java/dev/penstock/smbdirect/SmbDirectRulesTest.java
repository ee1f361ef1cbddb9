package dev.penstock.smbdirect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Poller;
import dev.penstock.rdma.TestEnds;
import dev.penstock.rdma.WorkCompletion.Opcode;
import dev.penstock.rdma.sim.FaultPlan;
import dev.penstock.rdma.sim.SimNetwork;
import dev.penstock.smbdirect.SmbDirectConnection.CloseReason.Cause;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server against a client that breaks one rule of [MS-SMBD] at a time, on a virtual clock. */
class SmbDirectRulesTest {
    private static final SmbDirectConfig CONFIG = new SmbDirectConfig(
            8, 512, 131_072, 1 << 20, 2, Duration.ofSeconds(5), Duration.ofSeconds(120), Duration.ofSeconds(5));

    private final SlabPool pool =
            new SlabPool(List.of(new SlabPool.SizeClass(4096, 8), new SlabPool.SizeClass(131_072, 4)));
    private final SimNetwork network = SimNetwork.virtual(1, FaultPlan.NONE);
    private final RecordingHandler server = new RecordingHandler();
    private Poller poller;
    private TestEnds.End client;

    @BeforeEach
    void connect() throws IOException {
        var device = network.device();
        poller = new Poller(device.completionQueue(256), 0);
        var endpoint = new SmbDirectEndpoint(device, pool, CONFIG, poller);
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        client =
                TestEnds.client(device, endpoint.listenHere(any, server::accept).localAddress());
        for (int i = 0; i < 64; i++) {
            client.pair.postReceive(i, client.span(65_536 + i * 512, 512));
        }
        until(() -> client.agreed != null);
    }

    @AfterEach
    void nothingIsLeftBehind() {
        client.pair.close();
        until(() -> client.disconnect != null && server.closed.size() == server.opened.size());
        client.close();
        assertThat(pool.outstanding()).isZero();
    }

    private void until(BooleanSupplier condition) {
        for (int i = 0; !condition.getAsBoolean(); i++) {
            client.poll();
            poller.runOnce();
            assertThat(i).as("turns").isLessThan(100_000);
        }
    }

    private void send(int length) {
        client.pair.postSend(0, List.of(client.span(0, length)));
        long before = client.count(Opcode.SEND);
        until(() -> client.count(Opcode.SEND) > before || client.disconnect != null);
    }

    private void negotiate() {
        send(new NegotiateRequest(0x100, 0x100, 8, 512, 512, 131_072).encode(client.memory));
        until(() -> client.count(Opcode.RECEIVE) == 1);
    }

    private void data(int requested, int granted, boolean answer, long remaining, int offset, int length) {
        new DataTransfer(requested, granted, answer, remaining, offset, length).encode(client.memory);
        send(length == 0 ? 20 : 24 + length);
    }

    private void refused() {
        until(() -> client.disconnect != null && !server.closed.isEmpty());
        assertThat(server.closed.element().cause()).isEqualTo(Cause.PROTOCOL);
    }

    @Test
    void anHonestClientIsAnsweredWithWhatWasAgreed() throws MalformedPduException {
        negotiate();
        var response = NegotiateResponse.decode(client.memory.asSlice(65_536, 32));
        assertThat(response).isEqualTo(new NegotiateResponse(0x100, 8, 8, 0, 1 << 20, 512, 512, 131_072));
        data(8, 8, false, 0, 24, 5);
        until(() -> server.messages.size() == 1);
    }

    @Test
    void aStrangeVersionIsAnsweredWithNotSupported() throws MalformedPduException {
        send(new NegotiateRequest(0x200, 0x300, 8, 512, 512, 131_072).encode(client.memory));
        until(() -> client.disconnect != null);
        assertThat(server.opened).isEmpty();
    }

    @Test
    void sizesBelowTheMinimumAndNoCreditsAreRefused() {
        send(new NegotiateRequest(0x100, 0x100, 8, 512, 127, 131_072).encode(client.memory));
        until(() -> client.disconnect != null);
        assertThat(server.opened).isEmpty();
    }

    @Test
    void aClientThatDoesNotNegotiateIsClosedInTime() {
        long before = network.nanoTime();
        until(() -> {
            poller.queue().await(Poller.TICK_NANOS);
            return client.disconnect != null;
        });
        assertThat(Duration.ofNanos(network.nanoTime() - before))
                .isBetween(Duration.ofMillis(4900), Duration.ofSeconds(6));
    }

    @Test
    void aClientThatDoesNotAnswerAKeepAliveIsClosed() {
        negotiate();
        data(8, 8, false, 0, 0, 0);
        long before = network.nanoTime();
        until(() -> {
            poller.queue().await(Poller.TICK_NANOS);
            return client.disconnect != null;
        });
        assertThat(Duration.ofNanos(network.nanoTime() - before))
                .isBetween(Duration.ofSeconds(125), Duration.ofSeconds(126));
        assertThat(server.closed.element().cause()).isEqualTo(Cause.TIMEOUT);
    }

    @Test
    void askingForNoCreditsEndsTheConnection() {
        negotiate();
        data(0, 8, false, 0, 0, 0);
        refused();
    }

    @Test
    void fragmentsThatDoNotAddUpEndTheConnection() {
        negotiate();
        data(8, 8, false, 200, 24, 100);
        data(8, 0, false, 150, 24, 100);
        refused();
    }

    @Test
    void aMessageBeyondTheAgreedSizeEndsTheConnection() {
        negotiate();
        data(8, 8, false, 131_072, 24, 100);
        refused();
    }

    @Test
    void dataOutsideOfTheMessageEndsTheConnection() {
        negotiate();
        data(8, 8, false, 0, 128, 200);
        refused();
    }

    @Test
    void moreMessagesThanCreditsEndTheConnection() {
        server.hold = true;
        negotiate();
        // The server cannot grant anything back, since it was granted nothing itself; it also has only so many
        // receives.
        for (int i = 0; i < 20 && client.disconnect == null; i++) {
            data(8, 0, false, 0, 24, 100);
        }
        until(() -> client.disconnect != null);
        server.held.forEach(dev.penstock.memory.Lease::release);
        poller.runOnce();
        until(() -> !server.closed.isEmpty());
    }

    @Test
    void aPeerThatWantsAnAnswerGetsOne() {
        negotiate();
        data(8, 8, false, 0, 0, 0);
        long before = client.count(Opcode.RECEIVE);
        data(8, 1, true, 0, 0, 0);
        until(() -> client.count(Opcode.RECEIVE) > before);
    }
}
