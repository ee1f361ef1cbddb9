/**
 * Collective operations of a small group of ranks over queue pairs: every rank is connected to every other, and an operation is one exchange of
 * messages between all pairs, or several where the data is long.
 *
 * <p>That is the algorithm for decoding, where a message is some 8 to 16 KiB and its latency is all that counts; it sends each vector
 * {@code n - 1} times, so megabytes among many ranks want a ring.
 *
 * <p><b>Threads.</b> A group belongs to the one thread that joined it; there are no others, and no locks.
 */
package dev.penstock.collective;
