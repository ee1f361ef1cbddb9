/**
 * Reliable RDMA over unreliable frames: what Apple's RDMA over Thunderbolt offers is SEND and RECEIVE of frames of 4 KiB on unreliable
 * connected queue pairs, without acknowledgement (Apple TN3205). This carrier brings {@link dev.penstock.rdma.rdmap} segments over them in
 * order and once: each frame has a sequence number, a CRC32C, and the sender's account of what it has received.
 *
 * <p><b>Credits.</b> A receive that is not posted when its frame comes damages memory or loses the frame on that hardware, without an error, so
 * a sender never has more frames under way than the peer has said that it has receives for: see
 * {@link dev.penstock.rdma.thunderbolt.Outgoing}. Frames are single, so that both sides count the same.
 *
 * <p><b>Calls.</b> A turn of the queue takes all that came, and hands over what it posts and sends as lists where the adapter's calls are dear:
 * {@link dev.penstock.rdma.thunderbolt.FramePort#flush}. An acknowledgement waits a little for data that carries it and for more to acknowledge.
 *
 * <p><b>Side channel.</b> A TCP connection over the same cable exchanges the addresses of the queue pairs, and says when one side leaves.
 *
 * <p><b>Copies.</b> One on each side: header and payload have to be one piece, since these queue pairs gather nothing.
 *
 * <p><b>Long transfers.</b> They have a second pair of queue pairs, made when the first of them is sent: the receiver posts receives into the very place, and
 * says so, before the sender sends out of its registered memory; nothing is copied, and checksums that go in frames find out what a lost message has
 * shifted: {@link dev.penstock.rdma.thunderbolt.Bulk}. That pays where an adapter moves the bytes by itself.
 *
 * <p><b>Threads.</b> As everywhere: all of a connection belongs to the owner of its completion queue.
 */
package dev.penstock.rdma.thunderbolt;
