package dev.penstock.smbdirect;

import dev.penstock.memory.Lease;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A negotiated SMB Direct connection, of either role. Any thread may call: what is asked from outside of the connection's poller is queued to
 * it, in order. All callbacks come on the poller's thread and must not block.
 */
public interface SmbDirectConnection extends AutoCloseable {
    /** Told once how something asked of a connection ended. On the poller's thread. */
    @FunctionalInterface
    interface Completion {
        /** Nothing to be told. */
        Completion IGNORED = failure -> {};

        /** It is over; from now on the memory that was named may be used again. */
        void done(@Nullable SmbDirectException failure);
    }

    /** The other end. */
    SocketAddress remoteAddress();

    /** The poller: what it is given runs on the thread of the callbacks, as long as the endpoint is open. */
    Executor loop();

    /** What was agreed. */
    SmbDirectParameters parameters();

    /** What was moved so far. Any thread; a moment's view. */
    SmbDirectCounters counters();

    /**
     * Sends one message. Parts that lie in the endpoint's pool, or in regions registered with it, are sent from where they are; others,
     * also on the heap, are copied.
     *
     * @param parts one behind the other; together at most {@link SmbDirectParameters#maxMessageOut}; not to be changed until done
     */
    void send(List<MemorySegment> parts, Completion done);

    /** Like {@link #send}; the peer's token is invalidated when the message arrives. */
    void sendInvalidating(List<MemorySegment> parts, int token, Completion done);

    /**
     * Writes to the peer's memory, over the descriptors in their order. A message sent afterwards arrives after the bytes.
     *
     * @param from registered parts, together not longer than the descriptors nor than {@link SmbDirectParameters#maxReadWrite}
     */
    void writeToPeer(List<BufferDescriptor> to, List<MemorySegment> from, Completion done);

    /**
     * Reads the peer's memory, over the descriptors in their order.
     *
     * @param into registered memory, not longer than the descriptors together nor than {@link SmbDirectParameters#maxReadWrite}; filled
     *     to its end
     */
    void readFromPeer(List<BufferDescriptor> from, MemorySegment into, Completion done);

    /**
     * Opens registered memory to this peer, for the descriptors of a request. The caller closes the window when the answer has come, unless
     * the peer has invalidated it.
     *
     * @param writable whether the peer writes (a READ of ours) or reads (a WRITE of ours)
     */
    MemoryWindow expose(MemoryRegion region, long offset, long length, boolean writable) throws SmbDirectException;

    /** Ends the connection, after what was asked before. The handler is told. */
    @Override
    void close();

    /** Ends the connection now, because of a mistake of the peer's. */
    void abort(String reason);

    /** Uses a connection: called on the poller's thread. */
    interface Handler {
        /**
         * A whole message. The lease's memory is exactly the message. Release it soon: while it is held, it may hold back one of the
         * peer's credits.
         */
        void received(SmbDirectConnection connection, Lease message);

        /** The connection is over. Every completion was told before. */
        void closed(SmbDirectConnection connection, CloseReason reason);
    }

    /** Chooses a handler for each connection that a listener negotiated. */
    @FunctionalInterface
    interface Acceptor {
        /** A client has connected and negotiated. */
        Handler accepted(SmbDirectConnection connection);
    }

    /**
     * Why a connection ended.
     *
     * @param cause what kind
     * @param detail in words, for a log
     */
    record CloseReason(Cause cause, String detail) {
        /** The kinds. */
        public enum Cause {
            /** We closed it. */
            LOCAL,
            /** The peer closed it. */
            REMOTE,
            /** The peer broke a rule of [MS-SMBD], or sent what the user of the connection refused. */
            PROTOCOL,
            /** The peer did not negotiate, or answer a keep-alive, in time. */
            TIMEOUT,
            /** The link failed. */
            TRANSPORT
        }
    }
}
