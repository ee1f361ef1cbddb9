package dev.penstock.rdma;

/** What a {@link Poller} needs of the owner of a queue pair: events, completions, and now and then the time. On the poller's thread. */
public interface QueuePairHandler extends ConnectionEvents {
    /** A request is finished. The completion is used again when this returns. */
    void completed(WorkCompletion completion);

    /**
     * Called every {@link Poller#TICK_NANOS} or so while the pair is attached.
     *
     * @param now of {@link CompletionQueue#nanoTime}
     */
    default void tick(long now) {}

    /** The loop itself has failed and runs no more: the pair, if it is attached, is lost and nothing else will be told of it. */
    default void abandoned(String why) {}
}
