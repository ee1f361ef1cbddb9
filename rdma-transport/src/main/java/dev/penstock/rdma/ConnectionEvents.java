package dev.penstock.rdma;

/** Told of the life of one queue pair, by the owner of its completion queue, from inside {@link CompletionQueue#poll}. */
public interface ConnectionEvents {
    /**
     * The connection stands. No completion of a receive is polled before this.
     *
     * @param agreed the reads agreed on, seen from this side, and the peer's private data
     */
    void established(QueuePair pair, ConnectionParameters agreed);

    /**
     * The connection is over, or did not come about; called once, and also after a {@link QueuePair#close} of our own. Outstanding
     * requests are completed as flushed by then, though perhaps not yet polled.
     */
    void disconnected(QueuePair pair, Disconnect cause);

    /**
     * Why a connection ended.
     *
     * @param status {@link RdmaStatus#SUCCESS} where it was closed on this side
     * @param detail in words, for a log
     */
    record Disconnect(RdmaStatus status, String detail) {}
}
