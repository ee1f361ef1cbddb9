/**
 * SMB Direct ([MS-SMBD]): whole messages over a queue pair, cut in fragments and paced by credits, and RDMA to and from the memory that the
 * peer described. Both roles. It knows nothing of SMB2: a message is bytes.
 *
 * <p><b>Threads.</b> A connection belongs to one {@link dev.penstock.rdma.Poller}, on whose thread its handler is called. Its methods
 * may be called by any thread: what another thread asks is queued to the poller, in order. No locks.
 */
package dev.penstock.smbdirect;
