package dev.penstock.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.rdmap.Carrier;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.TerminateException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ScatteringByteChannel;
import java.util.EnumSet;

/**
 * FPDUs, DDP segments and RDMAP messages: half-way right ones and noise, cut anywhere. Whatever comes, nothing outside of the window and of
 * the posted receives changes, and the only exception is the one that ends the stream.
 */
class FpduReaderFuzz {
    private static final int WINDOW = 4096;
    private static final int RECEIVE = 16_384;
    private static final int LENGTH = 1024;
    private static final int TOTAL = 32_768;

    /** Hands out what it was given, in pieces of the fuzzer's choice. */
    private static final class Pieces implements ScatteringByteChannel {
        private final ByteBuffer bytes;
        private final FuzzedDataProvider data;

        Pieces(ByteBuffer bytes, FuzzedDataProvider data) {
            this.bytes = bytes;
            this.data = data;
        }

        @Override
        public long read(ByteBuffer[] into, int offset, int length) {
            long n = 0;
            for (int i = offset; i < offset + length; i++) {
                int here = read(into[i]);
                n += Math.max(here, 0);
                if (into[i].hasRemaining()) {
                    return n == 0 ? here : n;
                }
            }
            return n;
        }

        @Override
        public long read(ByteBuffer[] into) {
            return read(into, 0, into.length);
        }

        @Override
        public int read(ByteBuffer into) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int n = Math.min(into.remaining(), Math.min(bytes.remaining(), data.consumeInt(1, 20_000)));
            into.put(bytes.slice(bytes.position(), n));
            bytes.position(bytes.position() + n);
            return n;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private static final class Nowhere implements Carrier, ConnectionEvents {
        @Override
        public void wantsToSend() {}

        @Override
        public void end(OutgoingSegment last) {}

        @Override
        public void established(QueuePair pair, ConnectionParameters agreed) {}

        @Override
        public void disconnected(QueuePair pair, Disconnect cause) {}
    }

    @FuzzTest(maxDuration = "2m")
    void anyFrames(FuzzedDataProvider data) throws IOException {
        var device = new IwarpProvider().open(DeviceOptions.DEFAULT);
        var domain = device.protectionDomain();
        var queue = device.completionQueue(64);
        try (var arena = Arena.ofShared()) {
            var memory = Regions.map(TOTAL, arena);
            MemoryRegion region = domain.register(memory, EnumSet.allOf(Access.class));
            MemoryWindow window = domain.window(region, WINDOW, LENGTH, EnumSet.of(Access.REMOTE_WRITE));
            var nowhere = new Nowhere();
            var pair = (SoftQueuePair) device.queuePair(new QueuePairOptions(domain, queue, 8, 8), nowhere);
            pair.connecting(new InetSocketAddress(0));
            pair.carrier(nowhere);
            pair.established(new ConnectionParameters(2, 2));
            for (int i = 0; i < 4; i++) {
                pair.postReceive(i, region.span(RECEIVE + i * 256, 256));
            }
            boolean checksums = data.consumeBoolean();
            var frames = frames(data, window.span().key(), window.span().address());
            // The region's own key would be allowed everything: honest peers never learn it, and the frames do not
            // contain it.
            var reader = new FpduReader(pair, new Pieces(frames, data), checksums, ByteBuffer.allocate(0));
            try {
                for (int i = 0; i < 10_000 && pair.state() == QueuePair.State.ESTABLISHED; i++) {
                    var outcome = reader.receive();
                    if (outcome == FpduReader.Outcome.END || outcome == FpduReader.Outcome.CUT) {
                        break;
                    }
                }
            } catch (TerminateException e) {
                pair.refuse(e.terminate());
            }
            untouched(memory.asSlice(0, WINDOW).toArray(ValueLayout.JAVA_BYTE));
            untouched(memory.asSlice(WINDOW + LENGTH, RECEIVE - WINDOW - LENGTH).toArray(ValueLayout.JAVA_BYTE));
            untouched(memory.asSlice(RECEIVE + 1024, TOTAL - RECEIVE - 1024).toArray(ValueLayout.JAVA_BYTE));
            domain.close();
        } finally {
            queue.close();
        }
    }

    private static void untouched(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                assertThat(bytes).containsOnly(0);
            }
        }
    }

    private static ByteBuffer frames(FuzzedDataProvider data, int key, long address) {
        var out = ByteBuffer.allocate(200_000);
        int sequence = 1;
        int reads = 1;
        for (int i = 0; i < 20 && data.remainingBytes() > 0; i++) {
            int length = data.consumeInt(0, 2000);
            int opcode = data.consumeInt(0, 8);
            boolean tagged = data.consumeBoolean() ? opcode == 0 || opcode == 2 : data.consumeBoolean();
            int control = (tagged ? 0x8000 : 0) | (data.consumeBoolean() ? 0x4000 : 0) | 0x0140 | opcode;
            int header = tagged ? 14 : 18;
            int start = out.position();
            int stated = data.consumeInt(0, 9) == 0 ? data.consumeInt(0, 65_535) : header + length;
            out.putShort((short) stated).putShort((short) control);
            if (tagged) {
                out.putInt(data.consumeBoolean() ? key : data.consumeInt());
                out.putLong(data.consumeBoolean() ? address + data.consumeInt(-10, LENGTH + 10) : data.consumeLong());
            } else {
                boolean read = opcode == 1;
                out.putInt(data.consumeBoolean() ? key : 0)
                        .putInt(data.consumeBoolean() ? opcode == 1 ? 1 : opcode == 7 ? 2 : 0 : data.consumeInt());
                out.putInt(data.consumeInt(0, 9) == 0 ? data.consumeInt() : read ? reads++ : sequence++);
                out.putInt(data.consumeInt(0, 9) == 0 ? data.consumeInt() : 0);
            }
            byte[] payload = data.consumeBytes(length);
            out.put(payload).put(new byte[length - payload.length]);
            out.put(new byte[-(out.position() - start) & 3]).putInt(data.consumeInt(0, 9) == 0 ? data.consumeInt() : 0);
        }
        return out.put(data.consumeBytes(100)).flip();
    }
}
