package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.messages.SMB2IoctlResponse;
import com.hierynomus.mssmb2.messages.SMB2ReadResponse;
import com.hierynomus.mssmb2.messages.SMB2WriteResponse;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.smbdirect.BufferDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Data that the server writes into our memory, or reads out of it, by RDMA beside the messages: SMB2_CHANNEL_RDMA_V1, [MS-SMB2] 3.2.4.6 and
 * 3.2.4.7. The memory is open to the server from before the request until the call returns, however it returns: closing the window is what
 * makes sure that a request given up on writes nothing later.
 */
final class PlacedChannel implements DataChannel {
    private final TreeExchange exchange;
    private final Peer peer;
    private final long channel;

    /** The other end of the SMB Direct connection. */
    interface Peer {
        /**
         * Opens part of the memory to it.
         *
         * @param writable whether it may write there, or read
         */
        MemoryWindow expose(SmbTarget memory, long offset, int length, boolean writable) throws IOException;

        /** Bytes that the READ of this MessageId has placed; -1 where its answer has not said. Asked once. */
        int takePlaced(long messageId);
    }

    /**
     * A channel to {@code peer}.
     *
     * @param invalidation whether our device lets the peer end a key with its answer
     */
    PlacedChannel(TreeExchange exchange, Peer peer, boolean invalidation) {
        this.exchange = exchange;
        this.peer = peer;
        boolean invalidated = invalidation && exchange.dialect() != SMB2Dialect.SMB_3_0;
        this.channel = invalidated ? PlacedReadRequest.RDMA_V1_INVALIDATE : PlacedReadRequest.RDMA_V1;
    }

    @Override
    public int read(String path, SMB2FileId file, long offset, SmbTarget target, long targetOffset, int length)
            throws IOException {
        try (MemoryWindow window = peer.expose(target, targetOffset, length, true)) {
            var request = new PlacedReadRequest(exchange.file(file), offset, channel, descriptor(window));
            SMB2ReadResponse response = exchange.done(path, request, SMB2ReadResponse.class);
            int bytes = peer.takePlaced(response.getHeader().getMessageId());
            if (response.getDataLength() > 0) {
                throw new IOException(path + ": the server sent data in a message instead of placing it");
            }
            return bytes;
        }
    }

    @Override
    public int gather(String path, SMB2FileId file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset)
            throws IOException {
        try (MemoryWindow window = peer.expose(target, targetOffset, runs.bytes(), true)) {
            var request = new StridedReadRequest(exchange.file(file), runs, channel, descriptor(window));
            byte[] output =
                    exchange.done(path, request, SMB2IoctlResponse.class).getOutputBuffer();
            int placed = output == null || output.length < Integer.BYTES
                    ? 0
                    : ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
            request.requireAll(path, placed);
            return placed;
        }
    }

    @Override
    public int write(String path, SMB2FileId file, long offset, SmbTarget source, long sourceOffset, int length)
            throws IOException {
        try (MemoryWindow window = peer.expose(source, sourceOffset, length, false)) {
            var request = new PlacedWriteRequest(exchange.file(file), offset, channel, descriptor(window));
            return exchange.done(path, request, SMB2WriteResponse.class).getBytesWritten();
        }
    }

    private static BufferDescriptor descriptor(MemoryWindow window) {
        var span = window.span();
        return new BufferDescriptor(span.address(), span.key(), span.length());
    }
}
