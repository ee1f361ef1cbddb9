package dev.penstock.rdma.thunderbolt;

import java.nio.ByteBuffer;

/**
 * One end of a pair that carries frames: an unreliable connected queue pair with its frame memory. Frames of one port leave in the order of
 * {@link #send}; each that arrives takes one posted receive, and some do not arrive. Belongs to the owner of the completion queue.
 */
public interface FramePort extends AutoCloseable {
    /** Length of a frame in bytes: what one slot of the hardware's queues counts. */
    int FRAME = 4096;

    /** Told of what a {@link #poll} found. */
    interface Completions {
        /** A frame has come into a receive. The slot is ours until it is posted again. */
        void received(int slot, int bytes);

        /** A frame has left; its memory may be written again. It says nothing about arrival. */
        void sent(int slot);
    }

    /** What the peer needs to connect to this port. */
    byte[] address();

    /**
     * Connects to the peer's port. Receives may be posted from now on, not before.
     *
     * @throws java.io.IOException where the device refuses the address
     */
    void connect(byte[] peer) throws java.io.IOException;

    /** Number of receive slots. */
    int receives();

    /** Number of send slots. */
    int sends();

    /** Memory of a receive slot, {@link #FRAME} bytes; the same buffer each time. */
    ByteBuffer receiveFrame(int slot);

    /** Memory of a send slot, {@link #FRAME} bytes; the same buffer each time. */
    ByteBuffer sendFrame(int slot);

    /** Makes a slot ready for a frame, at the latest with the next {@link #flush}, and before a frame that is sent after it. */
    void postReceive(int slot);

    /** Sends the first bytes of a slot as one frame, at the latest with the next {@link #flush}. */
    void send(int slot, int bytes);

    /** Hands over what was posted and sent: several at once cost one call of the adapter's. */
    void flush();

    /** Takes what is complete, without blocking; whether there was anything. */
    boolean poll(Completions into);

    /** Gives everything back. */
    @Override
    void close();
}
