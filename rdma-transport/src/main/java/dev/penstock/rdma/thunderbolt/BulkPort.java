package dev.penstock.rdma.thunderbolt;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One end of a pair whose messages lie in registered memory on both sides: the adapter takes them out of the one and puts them into the other. It is
 * as unreliable as a {@link FramePort}: a message goes into the oldest receive, whichever that was meant for, or nowhere, and nothing in it says which
 * it is. Belongs to the owner of the completion queue.
 */
public interface BulkPort extends AutoCloseable {
    /** Bytes of one message, but for the last of several. */
    int PIECE = 64 << 10;

    /** Told of what a {@link #poll} found. */
    interface Completions {
        /** A message has come into a receive. */
        void received(int piece, int bytes);

        /** A message has left, and those posted before it; the adapter reads their memory no more. It says nothing about arrival. */
        void sent(int piece);

        /** Nothing more will come or go. */
        void broken();
    }

    /** Memory that the adapter may use until it is given back. */
    interface Pinned extends AutoCloseable {
        @Override
        void close();
    }

    /** What the peer needs to connect to this port. */
    byte[] address();

    /**
     * Connects to the peer's port.
     *
     * @throws IOException where the device refuses the address
     */
    void connect(byte[] peer) throws IOException;

    /** Messages that may be under way in one direction: all of a transfer, unless the adapter holds each back until its receive is posted. */
    int depth();

    /** Has the adapter use a piece of registered memory; null where it cannot. */
    @Nullable
    Pinned pin(MemorySegment memory);

    /** Makes memory ready for the next message, at the latest with the next {@link #flush}. */
    void receive(int piece, Pinned of, MemorySegment into);

    /** Sends memory as one message, at the latest with the next {@link #flush}. */
    void send(int piece, Pinned of, MemorySegment from);

    /** Hands over what was posted. */
    void flush();

    /** Takes what is complete, without blocking; whether there was anything. */
    boolean poll(Completions into);

    /** Gives everything back: when it returns, the adapter uses no memory of this port's requests any more. */
    @Override
    void close();
}
