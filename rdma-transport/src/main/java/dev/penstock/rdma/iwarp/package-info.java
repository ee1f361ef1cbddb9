/**
 * iWARP over TCP in user space: MPA (RFC 5044, enhanced by RFC 6581) as a carrier of {@link dev.penstock.rdma.rdmap}. Wire-compatible with
 * adapters and with the Linux kernel's {@code siw}, in both roles; the embedded default.
 *
 * <p>What the kernel's siw (Linux 6.12) was seen to do: it connects with revision 2, without markers and without asking for checksums; the read
 * counts come as inbound then outbound, big-endian; it takes frames up to the 64 KiB that the length field allows, whatever the segment
 * size of its TCP.
 *
 * <p><b>Threads.</b> One completion queue is one selector: its sockets are read and written by the thread that polls, straight from and to
 * registered memory. No other thread, no locks.
 */
package dev.penstock.rdma.iwarp;
