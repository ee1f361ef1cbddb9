package dev.penstock.rdma;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * One end of a reliable connection: what is posted is done in order. To be called by the owner of its completion queue.
 *
 * <p>Every request completes, and completions of the send side come in the order of their posting. A request posted to a queue pair that is
 * not connected any more completes as {@link RdmaStatus#FLUSHED}; more requests than the queue is deep are a mistake of the caller's
 * and an {@link IllegalStateException}. A completed send or write is out of our hands, not yet in the peer's.
 */
public interface QueuePair extends AutoCloseable {
    /** Where in its life it is. */
    enum State {
        /** Made; receives may be posted. */
        IDLE,
        /** A connection request is under way. */
        CONNECTING,
        /** Connected. */
        ESTABLISHED,
        /** Over. */
        CLOSED
    }

    /** Where in its life it is. */
    State state();

    /** The events' receiver that it was made with. */
    ConnectionEvents events();

    /** The address of the other end; null before there is one. */
    @org.jspecify.annotations.Nullable
    SocketAddress remoteAddress();

    /**
     * Asks a listener for a connection. What comes of it is told to {@link #events}.
     *
     * @param timeout for all of it, up to the peer's answer
     */
    void connect(InetSocketAddress remote, ConnectionParameters parameters, Duration timeout);

    /** Makes memory ready for one incoming message. Of its region {@link Access#LOCAL_WRITE} is asked. */
    void postReceive(long id, LocalSpan into);

    /** Sends one message, gathered from the spans. An empty list is an empty message. */
    void postSend(long id, List<LocalSpan> from);

    /** Like {@link #postSend}; the peer's window of that key ends before the peer sees the message. */
    void postSendInvalidate(long id, List<LocalSpan> from, int remoteKey);

    /** Writes to the start of the peer's memory. The spans together must not be longer than {@code to}. */
    void postWrite(long id, List<LocalSpan> from, RemoteSpan to);

    /**
     * Reads the peer's memory into our own, which needs {@link Access#LOCAL_WRITE}. The lengths must be equal. Requests beyond the number of
     * reads agreed with the peer wait in the queue, and those posted later wait behind them.
     */
    void postRead(long id, LocalSpan into, RemoteSpan from);

    /** Ends the connection: what was completed before is still delivered, what is outstanding is flushed. Repeated calls do nothing. */
    @Override
    void close();
}
