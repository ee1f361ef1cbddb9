package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.auth.FailureDelay;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.metrics.Counters;
import dev.penstock.smb.state.Clients;
import dev.penstock.smb.state.Durables;
import dev.penstock.smb.state.Listening;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.transport.RemoteMemory;
import dev.penstock.smb.volume.DiskShare;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.TreeConnect;
import dev.penstock.smb.wire.smb2.Write;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client that begins on TCP, adds a connection by SMB Direct to its session, as Windows does, and loses that again: [MS-SMB2] 3.2.4.1.7,
 * 3.3.5.2.10, 3.3.5.5.2, 3.3.5.12, 3.3.5.13. The memory that it offers is an array here.
 */
class RdmaChannelTest {
    private static final Guid CLIENT = new Guid(1, 1);
    private static final int CMAC = NegotiateContext.SIGN_AES_CMAC;
    private static final int LENGTH = 10;

    private final Turns turns = new Turns(new Random(1));
    private final UserStore users = UserStore.inMemory();
    private final Line loop = new Line(null);
    private final ClientMemory memory = new ClientMemory();

    @TempDir
    Path folder;

    private DiskShare share;
    private ServerState server;
    private Peer tcp;
    private Peer rdma;
    private FileId file;

    /** A connection whose tasks have a loop of the test's. */
    private final class Line extends RecordingLink {
        private final Executor tasks = turns.loop();
        private final RemoteMemory offered;

        Line(RemoteMemory offered) {
            this.offered = offered;
        }

        @Override
        public void execute(Runnable task) {
            tasks.execute(task);
        }

        @Override
        void settle() {
            turns.settle();
        }

        @Override
        public RemoteMemory remoteMemory() {
            return offered;
        }
    }

    /** Registered memory, with a descriptor of [MS-SMBD] 2.2.3.1; RDMA READs end when the test says so. */
    private static final class ClientMemory implements RemoteMemory {
        private final byte[] bytes = new byte[100];
        private final ArrayDeque<Consumer<Boolean>> reads = new ArrayDeque<>();

        Blob descriptor() {
            return new WireWriter().i64(0).i32(77).i32(bytes.length).toBlob();
        }

        @Override
        public long capacity(Blob descriptors) {
            return descriptors.equals(descriptor()) ? bytes.length : -1;
        }

        @Override
        public int maxTransfer() {
            return 4096;
        }

        @Override
        public void write(Blob descriptors, Payload payload) {
            var from = payload instanceof Payload.Slab slab
                    ? slab.lease().memory().asByteBuffer().slice(slab.offset(), slab.length())
                    : ((Payload.Bytes) payload).data().duplicate();
            from.get(bytes, 0, from.remaining());
            payload.release();
        }

        @Override
        public void read(Blob descriptors, ByteBuffer into, Consumer<Boolean> done) {
            reads.add(fetched -> {
                if (fetched) {
                    into.put(bytes, 0, into.remaining());
                }
                done.accept(fetched);
            });
        }

        @Override
        public void invalidateWithNext(Blob descriptors) {
            // Nothing is registered.
        }

        void offer(String text) {
            Arrays.fill(bytes, (byte) 0);
            System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, text.length());
        }
    }

    @BeforeEach
    void connect() throws IOException, MalformedMessage {
        users.add("ada", "Lovelace");
        share = new DiskShare("files", folder);
        server = new ServerState(
                "SERVER",
                Guid.ZERO,
                new ServerState.Policy(true, false, 4096),
                users,
                new FailureDelay(),
                Map.of("FILES", share),
                new Sessions(),
                new Clients(),
                new Durables(turns, turns.io()),
                new SlabPool(List.of(new SlabPool.SizeClass(8192, 8))),
                turns.io(),
                turns,
                new Listening(),
                new Counters(),
                InstantSource.system());
        tcp = new Peer(server, CLIENT, CMAC, loop);
        assertThat(tcp.logOn("ada")).isEqualTo(NtStatus.SUCCESS);
        assertThat(tcp.send(new TreeConnect.Request(0, "\\\\server\\files"), tcp.signingKey))
                .isEqualTo(NtStatus.SUCCESS);
        tcp.tree = loop.sent.getLast().getInt(36);
        file = create();
        write(tcp, "from tcp..");
        rdma = new Peer(server, CLIENT, CMAC, new Line(memory));
        assertThat(rdma.bind(tcp, "ada", tcp.signingKey)).isEqualTo(NtStatus.SUCCESS);
        rdma.tree = tcp.tree;
    }

    @AfterEach
    void disconnect() throws IOException {
        tcp.connection.closed();
        rdma.connection.closed();
        turns.settle();
        assertThat(server.counters().snapshot().bugs()).isZero();
        assertThat(server.slabs().outstanding()).isZero();
        share.close();
    }

    private FileId create() throws MalformedMessage {
        int access = AccessMask.READ_DATA | AccessMask.WRITE_DATA;
        var request = new Create.Request(Create.OPLOCK_NONE, 2, access, 0, 0, Create.FILE_CREATE, 0, "f", List.of());
        assertThat(tcp.send(request, tcp.signingKey)).isEqualTo(NtStatus.SUCCESS);
        return FileId.decode(new WireReader(loop.sent.getLast().duplicate()).from(64), 64);
    }

    private NtStatus write(Peer by, String text) {
        byte[] data = text.getBytes(StandardCharsets.US_ASCII);
        return by.send(
                new Write.Request(
                        new Span(Write.DATA_OFFSET, data.length), 0, file, Read.CHANNEL_NONE, 0, Blob.EMPTY, 0),
                data,
                by.signingKey);
    }

    /** Only begun: the client's memory has yet to be read. */
    private void writeFromMemory() {
        int answers = rdma.link.sent.size();
        rdma.send(
                new Write.Request(Span.EMPTY, 0, file, Read.CHANNEL_RDMA_V1, LENGTH, memory.descriptor(), 0),
                rdma.signingKey);
        assertThat(rdma.link.sent).hasSize(answers);
    }

    private NtStatus readIntoMemory(Peer by, byte[] key) {
        return by.send(new Read.Request(0, LENGTH, 0, file, 0, Read.CHANNEL_RDMA_V1, 0, memory.descriptor()), key);
    }

    private String stored() throws IOException {
        return Files.readString(folder.resolve("f"));
    }

    @Test
    void handlesOpenedByTcpServeReadsAndWritesByRdma() throws IOException {
        assertThat(readIntoMemory(rdma, rdma.signingKey)).isEqualTo(NtStatus.SUCCESS);
        assertThat(new String(memory.bytes, 0, LENGTH, StandardCharsets.US_ASCII))
                .isEqualTo("from tcp..");
        assertThat(rdma.lastIsSignedWith(rdma.signingKey)).isTrue();
        memory.offer("by rdma...");
        writeFromMemory();
        memory.reads.remove().accept(true);
        turns.settle();
        assertThat(rdma.status()).isEqualTo(NtStatus.SUCCESS);
        assertThat(stored()).isEqualTo("by rdma...");
    }

    @Test
    void aWriteWhoseConnectionIsLostIsDoneByItsReplayOnTcpAndNeverTwice() throws IOException {
        memory.offer("by rdma...");
        writeFromMemory();
        tcp.sequence = 1;
        tcp.replays = true;
        // What it repeats may still be under way.
        assertThat(write(tcp, "replayed..")).isEqualTo(NtStatus.FILE_NOT_AVAILABLE);
        assertThat(stored()).isEqualTo("from tcp..");
        rdma.connection.closed();
        memory.reads.remove().accept(false);
        turns.settle();
        assertThat(stored()).isEqualTo("from tcp..");
        assertThat(write(tcp, "replayed..")).isEqualTo(NtStatus.SUCCESS);
        assertThat(stored()).isEqualTo("replayed..");
    }

    @Test
    void whatWasSentBeforeTheLossIsRefusedWhenItComesAfterIt() throws IOException {
        tcp.sequence = 1;
        tcp.replays = true;
        assertThat(write(tcp, "replayed..")).isEqualTo(NtStatus.SUCCESS);
        tcp.sequence = 0;
        tcp.replays = false;
        assertThat(write(tcp, "stale.....")).isEqualTo(NtStatus.FILE_NOT_AVAILABLE);
        memory.offer("stale.....");
        rdma.send(
                new Write.Request(Span.EMPTY, 0, file, Read.CHANNEL_RDMA_V1, LENGTH, memory.descriptor(), 0),
                rdma.signingKey);
        assertThat(rdma.status()).isEqualTo(NtStatus.FILE_NOT_AVAILABLE);
        assertThat(memory.reads).isEmpty();
        assertThat(stored()).isEqualTo("replayed..");
    }

    @Test
    void nothingIsPlacedForWhoCannotSignNorByConnectionsThatPlaceNothing() {
        memory.offer("untouched.");
        assertThat(readIntoMemory(rdma, tcp.signingKey)).isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(readIntoMemory(rdma, null)).isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(readIntoMemory(tcp, tcp.signingKey)).isEqualTo(NtStatus.INVALID_PARAMETER);
        assertThat(new String(memory.bytes, 0, LENGTH, StandardCharsets.US_ASCII))
                .isEqualTo("untouched.");
    }
}
