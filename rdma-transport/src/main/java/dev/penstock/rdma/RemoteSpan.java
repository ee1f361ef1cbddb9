package dev.penstock.rdma;

/**
 * Memory of the peer, as the peer named it. Nothing of it is checked here: the peer does that.
 *
 * @param key remote key (on iWARP: the STag)
 * @param address first byte (on iWARP: the tagged offset)
 * @param length in bytes, not negative
 */
public record RemoteSpan(int key, long address, long length) {
    /** Checks the sign. */
    public RemoteSpan {
        if (length < 0) {
            throw new IllegalArgumentException("a length of " + length);
        }
    }
}
