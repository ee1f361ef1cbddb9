package dev.penstock.smb.handler;

import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.transport.RemoteMemory;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.smb2.Read;
import org.jspecify.annotations.Nullable;

/** What requests with an RDMA channel have in common. On the connection's loop. */
final class RemoteTransfer {
    private RemoteTransfer() {}

    /** The way to the client's memory, where there is one and this message may use it. */
    static @Nullable RemoteMemory memory(ConnectionState connection, Exchange exchange, int channel) {
        boolean known = channel == Read.CHANNEL_RDMA_V1 || channel == Read.CHANNEL_RDMA_V1_INVALIDATE;
        // What is encrypted must not leave as plaintext beside the message: such a request is refused. 3.3.5.12
        return known && !exchange.incoming.encrypted() ? connection.link().remoteMemory() : null;
    }

    /** Whatever the answer is, it invalidates the client's token: Linux uses the same memory again and counts on that. 3.3.4.1 */
    static void invalidate(Exchange exchange, @Nullable RemoteMemory memory, int channel, Blob descriptors) {
        if (memory != null && channel == Read.CHANNEL_RDMA_V1_INVALIDATE) {
            exchange.beforeAnswer(() -> memory.invalidateWithNext(descriptors));
        }
    }

    /** Whether the descriptors have room for that many bytes. */
    static boolean fits(RemoteMemory memory, Blob descriptors, long length) {
        return length <= memory.maxTransfer() && length <= memory.capacity(descriptors);
    }
}
