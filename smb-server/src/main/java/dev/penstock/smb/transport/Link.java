package dev.penstock.smb.transport;

import dev.penstock.memory.Lease;
import dev.penstock.smb.command.Payload;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One connection's carrier. On its loop only, except {@link #execute} and {@link #close}. */
public interface Link {
    /** Address of the other end, without a port, for limits and logs. */
    String peer();

    /** Runs something on the loop. Any thread. Once the link is closed it may be dropped. */
    void execute(Runnable task);

    /** Runs something on the loop after a while. Dropped if the link is closed by then. */
    void schedule(Runnable task, long millis);

    /**
     * Sends one message: the parts one behind the other. Takes over the parts, and releases them when they are sent or when the link is
     * gone.
     */
    void send(List<Payload> parts);

    /**
     * True where something that was sent is not acknowledged, and nothing at all was heard from the other end's system for so long. False
     * where the carrier does not know, or ends by itself what is not acknowledged.
     */
    default boolean isSilent(long millis) {
        return false;
    }

    /** True where {@link Payload.FileRange} can be sent by the kernel. */
    boolean sendsFiles();

    /** What can reach the other end's memory; null where nothing can. */
    @Nullable
    RemoteMemory remoteMemory();

    /** Closes the link; the handler is told. Any thread. */
    void close();

    /** The connection that uses the link. Called on the loop. */
    interface Handler {
        /**
         * A whole message.
         *
         * @param message from its position to its limit; may be written to, and is valid for this call only
         */
        void received(ByteBuffer message);

        /** The same, for a message in a slab. The handler owns the lease, and the message is valid until it releases it. */
        void received(ByteBuffer message, Lease lease);

        /** The link is gone. */
        void closed();

        /** Most bytes that a message may have at present; the link is closed where one has more. */
        int messageLimit();
    }
}
