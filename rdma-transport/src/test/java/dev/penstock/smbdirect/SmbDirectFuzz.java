package dev.penstock.smbdirect;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.memory.SlabPool;
import dev.penstock.rdma.Poller;
import dev.penstock.rdma.TestEnds;
import dev.penstock.rdma.sim.FaultPlan;
import dev.penstock.rdma.sim.SimNetwork;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** A server that gets half-way right PDUs and noise from a client: every lease comes back, and the connection ends or goes on. */
class SmbDirectFuzz {
    private static final SlabPool POOL =
            new SlabPool(List.of(new SlabPool.SizeClass(4096, 8), new SlabPool.SizeClass(131_072, 4)));
    private static final SmbDirectConfig CONFIG = new SmbDirectConfig(
            8, 512, 131_072, 1 << 20, 2, Duration.ofSeconds(5), Duration.ofSeconds(120), Duration.ofSeconds(5));

    @FuzzTest(maxDuration = "2m")
    void anyDecoder(FuzzedDataProvider data) {
        int which = data.consumeInt(0, 3);
        var bytes = MemorySegment.ofArray(data.consumeRemainingAsBytes());
        try {
            switch (which) {
                case 0 -> NegotiateRequest.decode(bytes).acceptable();
                case 1 -> NegotiateResponse.decode(bytes).acceptable(1364);
                case 2 -> {
                    var header = DataTransfer.decode(bytes);
                    assertThat((long) header.dataOffset() + header.dataLength()).isLessThanOrEqualTo(bytes.byteSize());
                }
                default -> assertThat(BufferDescriptor.decode(bytes)).hasSizeLessThanOrEqualTo(256);
            }
        } catch (MalformedPduException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }

    @FuzzTest(maxDuration = "2m")
    void anyConversation(FuzzedDataProvider data) throws IOException {
        var network = SimNetwork.virtual(1, FaultPlan.NONE);
        var device = network.device();
        var poller = new Poller(device.completionQueue(256), 0);
        var endpoint = new SmbDirectEndpoint(device, POOL, CONFIG, poller);
        var server = new RecordingHandler();
        var listener = endpoint.listenHere(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), server::accept);
        var client = TestEnds.client(device, listener.localAddress());
        for (int i = 0; i < 64; i++) {
            client.pair.postReceive(i, client.span(65_536 + i * 512, 512));
        }
        turn(client, poller, () -> client.agreed != null);
        if (data.consumeInt(0, 9) > 0) {
            int length = new NegotiateRequest(0x100, 0x100, 1 + data.consumeInt(0, 20), 512, 512, 131_072)
                    .encode(client.memory);
            client.pair.postSend(0, List.of(client.span(0, length)));
        }
        for (int i = 0; i < 30 && data.remainingBytes() > 0 && client.disconnect == null; i++) {
            int length = pdu(data, client.memory);
            client.pair.postSend(0, List.of(client.span(0, length)));
            turn(client, poller, () -> false);
        }
        client.pair.close();
        turn(client, poller, () -> client.disconnect != null && (server.opened.isEmpty() || !server.closed.isEmpty()));
        client.close();
        assertThat(POOL.outstanding()).isZero();
        assertThat(server.closed.size()).isEqualTo(server.opened.size());
    }

    private static int pdu(FuzzedDataProvider data, MemorySegment into) {
        if (data.consumeBoolean()) {
            byte[] noise = data.consumeBytes(data.consumeInt(0, 520));
            MemorySegment.copy(noise, 0, into, ValueLayout.JAVA_BYTE, 0, noise.length);
            return noise.length;
        }
        int length = data.consumeInt(0, 488);
        long remaining = data.consumeBoolean() ? 0 : data.consumeInt(0, 140_000);
        new DataTransfer(
                        data.consumeInt(0, 20),
                        data.consumeInt(0, 9) == 0 ? data.consumeInt(0, 65_535) : 1,
                        data.consumeBoolean(),
                        remaining,
                        data.consumeInt(0, 9) == 0 ? data.consumeInt(0, 600) : length == 0 ? 0 : 24,
                        length)
                .encode(into);
        return length == 0 ? 20 : 24 + length;
    }

    private interface Until {
        boolean reached();
    }

    private static void turn(TestEnds.End client, Poller poller, Until until) {
        for (int i = 0; i < 60 && !until.reached(); i++) {
            client.poll();
            poller.runOnce();
        }
    }
}
