package dev.penstock.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RemoteSpan;
import dev.penstock.rdma.WorkCompletion;
import dev.penstock.rdma.rdmap.Carrier;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ScatteringByteChannel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers to several reads, with other messages between their frames, in pieces of any size: each byte gets where it belongs. */
class AnticipationTest {
    private static final int READS = 8;
    private static final int MOST = 400_000;
    private static final int WINDOW = READS * MOST;
    private static final int RECEIVES = WINDOW + 100_000;
    private static final int RECEIVE = 128;
    private static final int TOTAL = RECEIVES + 4096 * RECEIVE;

    /** Gives what it has in pieces, and nothing after each. */
    private static final class Pieces implements ScatteringByteChannel {
        private final ByteBuffer bytes;
        private final Random random;
        private final int most;
        private int calls;

        Pieces(ByteBuffer bytes, Random random) {
            this.bytes = bytes;
            this.random = random;
            this.most = 1 << random.nextInt(4, 22);
        }

        @Override
        public long read(ByteBuffer[] into, int offset, int length) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            calls++;
            int left = Math.min(bytes.remaining(), random.nextInt(0, most));
            long n = 0;
            for (int i = offset; i < offset + length && left > 0; i++) {
                int here = Math.min(left, into[i].remaining());
                into[i].put(bytes.slice(bytes.position(), here));
                bytes.position(bytes.position() + here);
                left -= here;
                n += here;
            }
            return n;
        }

        @Override
        public long read(ByteBuffer[] into) {
            return read(into, 0, into.length);
        }

        @Override
        public int read(ByteBuffer into) {
            return (int) read(new ByteBuffer[] {into});
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

    /** What the peer sends, and what comes of it. */
    private static final class Script {
        private final Random random;
        private final boolean checksums;
        private final ByteBuffer out = ByteBuffer.allocate(16 << 20);
        private final byte[] expected = new byte[TOTAL];
        private final List<Integer> messages = new ArrayList<>();
        private int written;

        Script(Random random, boolean checksums) {
            this.random = random;
            this.checksums = checksums;
        }

        private byte[] payload(int length, int at) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            System.arraycopy(bytes, 0, expected, at, length);
            return bytes;
        }

        private void tagged(int opcode, boolean last, int key, long address, byte[] payload) {
            int start = out.position();
            out.putShort((short) (14 + payload.length)).putShort((short) (0x8140 | (last ? 0x4000 : 0) | opcode));
            out.putInt(key).putLong(address);
            seal(start, payload);
        }

        private void seal(int start, byte[] payload) {
            out.put(payload).put(new byte[-(out.position() - start) & 3]);
            var crc = new CRC32C();
            crc.update(out.array(), start, out.position() - start);
            out.putInt(checksums ? Integer.reverseBytes((int) crc.getValue()) : 0);
        }

        void message() {
            int at = RECEIVES + messages.size() * RECEIVE;
            byte[] payload = payload(random.nextInt(RECEIVE), at);
            messages.add(payload.length);
            int start = out.position();
            out.putShort((short) (18 + payload.length)).putShort((short) 0x4143);
            out.putInt(0).putInt(0).putInt(messages.size()).putInt(0);
            seal(start, payload);
        }

        void write(RemoteSpan window) {
            byte[] payload = payload(random.nextInt(1, 20_000), WINDOW + written);
            tagged(0, true, window.key(), window.address() + written, payload);
            written += payload.length;
        }

        void answer(int key, long base, int at, int length, int usual) {
            for (int done = 0; done < length; ) {
                int n = Math.min(usual, length - done);
                tagged(2, done + n == length, key, base + at + done, payload(n, at + done));
                done += n;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answersGetWhereTheyBelongWhateverComesBetween(boolean checksums) throws Exception {
        int anticipated = 0;
        for (int seed = 0; seed < 60; seed++) {
            try (var arena = Arena.ofShared()) {
                anticipated += run(new Random(seed), checksums, Regions.map(TOTAL, arena), "seed " + seed);
            }
        }
        assertThat(anticipated).as("runs of few calls").isGreaterThan(2);
    }

    private static int run(Random random, boolean checksums, MemorySegment memory, String seed) throws Exception {
        var device = new IwarpProvider().open(DeviceOptions.DEFAULT);
        var domain = device.protectionDomain();
        var queue = device.completionQueue(8192);
        MemoryRegion region = domain.register(memory, EnumSet.allOf(Access.class));
        MemoryWindow window = domain.window(region, WINDOW, 100_000, EnumSet.of(Access.REMOTE_WRITE));
        var nowhere = new Nowhere();
        var pair = (SoftQueuePair) device.queuePair(new QueuePairOptions(domain, queue, READS, 4096), nowhere);
        pair.connecting(new InetSocketAddress(0));
        pair.carrier(nowhere);
        pair.established(new ConnectionParameters(READS, READS));
        for (int i = 0; i < 4096; i++) {
            pair.postReceive(i, region.span(RECEIVES + (long) i * RECEIVE, RECEIVE));
        }
        var script = new Script(random, checksums);
        int usual = random.nextInt(6000, 65_000);
        int disturbed = random.nextInt(0, 3);
        for (int i = 0; i < READS; i++) {
            int length = random.nextInt(1, MOST);
            pair.postRead(100 + i, region.span((long) i * MOST, length), new RemoteSpan(1, 0, length));
            int most = random.nextInt(10) == 0 ? random.nextInt(100, 65_000) : usual;
            for (int n = random.nextInt(3) * disturbed; n > 0; n--) {
                if (random.nextBoolean() && script.written < 70_000) {
                    script.write(window.span());
                } else {
                    script.message();
                }
            }
            script.answer(region.localKey(), memory.address(), i * MOST, length, most);
        }
        var segment = new OutgoingSegment();
        for (int i = 0; i < READS; i++) {
            assertThat(pair.next(segment, 65_000)).isTrue();
        }
        var pieces = new Pieces(script.out.flip(), random);
        var reader = new FpduReader(pair, pieces, checksums, ByteBuffer.allocate(0));
        while (pieces.bytes.hasRemaining()) {
            reader.receive();
        }
        assertThat(pair.state()).as(seed).isEqualTo(QueuePair.State.ESTABLISHED);
        assertThat(memory.asSlice(0, TOTAL).mismatch(MemorySegment.ofArray(script.expected)))
                .as(seed)
                .isEqualTo(-1);
        completed(queue, script, seed);
        domain.close();
        queue.close();
        return pieces.calls < 20 ? 1 : 0;
    }

    private static void completed(CompletionQueue queue, Script script, String seed) {
        var batch = new WorkCompletion[8192];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = new WorkCompletion();
        }
        int n = queue.poll(batch);
        var lengths = new ArrayList<Integer>();
        for (int i = 0; i < n; i++) {
            assertThat(batch[i].succeeded()).as(seed).isTrue();
            if (batch[i].opcode() == WorkCompletion.Opcode.RECEIVE) {
                lengths.add((int) batch[i].length());
            }
        }
        assertThat(lengths).as(seed).isEqualTo(script.messages);
        assertThat(n - lengths.size()).as(seed).isEqualTo(READS);
    }
}
