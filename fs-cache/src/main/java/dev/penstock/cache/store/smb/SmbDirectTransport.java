package dev.penstock.cache.store.smb;

import com.hierynomus.protocol.commons.buffer.Buffer;
import com.hierynomus.protocol.transport.PacketHandlers;
import com.hierynomus.protocol.transport.TransportException;
import com.hierynomus.protocol.transport.TransportLayer;
import com.hierynomus.smb.SMBPacket;
import com.hierynomus.smb.SMBPacketData;
import dev.penstock.memory.Lease;
import dev.penstock.smbdirect.SmbDirectConnection;
import dev.penstock.smbdirect.SmbDirectEndpoint;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * SMB Direct as a transport of smbj. Thread-safe; smbj's own handling of a message runs on the connection's poller, where it decodes, verifies
 * the signature and completes the waiting call.
 */
final class SmbDirectTransport implements TransportLayer<SMBPacket<?, ?>>, SmbDirectConnection.Handler {
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int PROTOCOL_ID = 0x424D53FE;
    private static final int STATUS = 8;
    private static final int COMMAND = 12;
    private static final int FLAGS = 16;
    private static final int FLAGS_SIGNED = 8;
    private static final int MESSAGE_ID = 24;
    private static final int SIGNATURE = 48;
    private static final int SIGNATURE_BYTES = 16;
    private static final int READ = 8;

    /** In the body of a READ's answer, which smbj reads past. */
    private static final int DATA_REMAINING = 64 + 8;

    private static final int READ_RESPONSE_BYTES = 64 + 16;

    /** A server that answers more READs than can be under way says what nobody waits for. */
    private static final int MAX_PLACED = 1024;

    private final SmbDirectEndpoint endpoint;
    private final PacketHandlers<SMBPacketData<?>, SMBPacket<?, ?>> handlers;
    private final boolean signsReads;
    private final ConcurrentHashMap<Long, Integer> placed = new ConcurrentHashMap<>();
    private volatile @Nullable SmbDirectConnection connection;
    private volatile boolean over;

    /**
     * A transport that is not yet connected.
     *
     * @param signsReads false to take smbj's signature off READs, which it signs whatever it was told: on a session that need not be signed
     *     the answer is then not signed either
     */
    SmbDirectTransport(
            SmbDirectEndpoint endpoint,
            PacketHandlers<SMBPacketData<?>, SMBPacket<?, ?>> handlers,
            boolean signsReads) {
        this.endpoint = endpoint;
        this.signsReads = signsReads;
        this.handlers = handlers;
    }

    SmbDirectConnection connection() {
        return java.util.Objects.requireNonNull(connection, "not connected");
    }

    /** Bytes that the answered READ has placed: DataRemaining, [MS-SMB2] 2.2.20; -1 where it has not said. Asked once. */
    int takePlaced(long messageId) {
        Integer bytes = placed.remove(messageId);
        return bytes == null ? -1 : bytes;
    }

    @Override
    public void connect(InetSocketAddress remote) throws IOException {
        var resolved = remote.isUnresolved() ? new InetSocketAddress(remote.getHostString(), remote.getPort()) : remote;
        try {
            connection = endpoint.connect(resolved, this).get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            var why = e.getCause();
            throw new NoSmbDirectException("no SMB Direct: " + (why == null ? e : why).getMessage(), e);
        } catch (TimeoutException e) {
            throw new NoSmbDirectException("no SMB Direct connection to " + remote + " in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while connecting to " + remote);
        }
    }

    @Override
    public void write(SMBPacket<?, ?> packet) throws TransportException {
        if (over) {
            throw new TransportException("the SMB Direct connection is over");
        }
        Buffer<?> message = handlers.getSerializer().write(packet);
        var bytes = MemorySegment.ofArray(message.array()).asSlice(message.rpos(), message.available());
        if (!signsReads) {
            unsignRead(bytes);
        }
        try {
            connection().send(List.of(bytes), failure -> {
                if (failure != null) {
                    fail(failure);
                }
            });
        } catch (IllegalArgumentException e) {
            throw new TransportException(e);
        }
    }

    private static void unsignRead(MemorySegment message) {
        if (message.get(LE32, 0) == PROTOCOL_ID && (message.get(LE32, COMMAND) & 0xFFFF) == READ) {
            message.set(LE32, FLAGS, message.get(LE32, FLAGS) & ~FLAGS_SIGNED);
            message.asSlice(SIGNATURE, SIGNATURE_BYTES).fill((byte) 0);
        }
    }

    @Override
    public void received(SmbDirectConnection from, Lease message) {
        byte[] bytes;
        try {
            bytes = message.memory().toArray(ValueLayout.JAVA_BYTE);
        } finally {
            message.release();
        }
        noteWhatWasPlaced(MemorySegment.ofArray(bytes));
        try {
            if (!handlers.getPacketFactory().canHandle(bytes)) {
                throw new IOException("not an SMB message");
            }
            handlers.getReceiver().handle(handlers.getPacketFactory().read(bytes));
        } catch (Buffer.BufferException | IOException e) {
            fail(e instanceof IOException io ? io : new IOException(e));
            from.abort("a malformed SMB message");
        }
    }

    /** Before the signature is verified; the number is looked at only after smbj has done that. */
    private void noteWhatWasPlaced(MemorySegment message) {
        boolean readAnswer = message.byteSize() >= READ_RESPONSE_BYTES
                && message.get(LE32, 0) == PROTOCOL_ID
                && message.get(LE32, STATUS) == 0
                && (message.get(LE32, COMMAND) & 0xFFFF) == READ;
        if (readAnswer && placed.size() < MAX_PLACED) {
            placed.put(message.get(LE64, MESSAGE_ID), message.get(LE32, DATA_REMAINING));
        }
    }

    @Override
    public void closed(SmbDirectConnection from, SmbDirectConnection.CloseReason reason) {
        fail(new IOException("SMB Direct: " + reason.detail()));
    }

    /** Tells smbj, once. It then wants to log off, on this thread: the flag keeps it from waiting here for an answer. */
    private void fail(IOException why) {
        if (!over) {
            over = true;
            handlers.getReceiver().handleError(why);
        }
    }

    @Override
    public void disconnect() {
        over = true;
        var open = connection;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public boolean isConnected() {
        return connection != null && !over;
    }
}
