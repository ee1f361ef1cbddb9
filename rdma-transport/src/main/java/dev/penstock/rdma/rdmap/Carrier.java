package dev.penstock.rdma.rdmap;

import org.jspecify.annotations.Nullable;

/** What carries the segments of one connection, in order. Belongs to the owner of the completion queue. */
public interface Carrier {
    /** There may be something to send: {@link SoftQueuePair#next} should be asked, at the next poll. */
    void wantsToSend();

    /**
     * The stream is over. Nothing more is asked of the pair, and its memory is not touched again; what the carrier has accepted it still
     * delivers if it can, and the Terminate message after it.
     *
     * @param last the segment of the Terminate message, to be sent at last; null where there is none
     */
    void end(@Nullable OutgoingSegment last);
}
