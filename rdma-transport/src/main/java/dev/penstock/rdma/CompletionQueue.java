package dev.penstock.rdma;

/**
 * Where finished work is told, and in user space also where it is done. Owned by the first thread that polls or awaits; only
 * {@link #wakeup} is for others.
 */
public interface CompletionQueue extends AutoCloseable {
    /**
     * Makes progress and takes finished requests. Never blocks, and allocates nothing. Connection events are called from here.
     *
     * @param into filled from the start; the objects are the caller's, to be used again
     * @return how many were filled
     */
    int poll(WorkCompletion[] into);

    /**
     * Parks until a poll may find something, until {@link #wakeup}, or until the time is over.
     *
     * @param nanos at most this long
     * @return whether there may be something; false where the time was over
     */
    boolean await(long nanos);

    /** Ends an {@link #await} under way, or else the next one. Any thread. */
    void wakeup();

    /** The time that timers on this queue's thread go by, in nanoseconds from an arbitrary start: a simulation has its own. */
    long nanoTime();

    /** Closes what is still attached to it. By the owner, or when it has none any more. */
    @Override
    void close();
}
