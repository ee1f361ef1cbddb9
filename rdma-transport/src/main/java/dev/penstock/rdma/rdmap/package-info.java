/**
 * RDMAP and DDP in software (RFC 5040, RFC 5041), independent of what carries the segments. A carrier asks a
 * {@link dev.penstock.rdma.rdmap.SoftQueuePair} for the next segment to send, and tells it of each that arrived; where a payload goes is decided,
 * and all of it checked, before the first byte is placed. The carrier has to keep the order of segments.
 *
 * <p><b>Threads.</b> All of it belongs to the owner of the completion queue, except for the key table and the registrations, which any
 * thread may use. A key that is closed by another thread is waited for while one system call may be using it: see
 * {@link dev.penstock.rdma.rdmap.MemoryKey}.
 */
package dev.penstock.rdma.rdmap;
