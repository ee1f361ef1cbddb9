package dev.penstock.rdma;

/**
 * Part of a region, open to the peer under a key of its own. Thread-safe. Once it was closed, or invalidated by the peer, no byte of it is
 * read or written under that key any more.
 */
public interface MemoryWindow extends AutoCloseable {
    /** How the peer names it. */
    RemoteSpan span();

    /** Whether the key still works. */
    boolean open();

    /** Ends the key, if the peer has not yet done so. */
    @Override
    void close();
}
