package dev.penstock.smbdirect;

/**
 * What one connection moved.
 *
 * @param messagesOut whole messages sent
 * @param messagesIn whole messages received
 * @param fragmentsOut SMB Direct messages sent, empty ones included
 * @param fragmentsIn SMB Direct messages received, empty ones included
 * @param bytesWritten placed in the peer's memory by RDMA WRITE
 * @param bytesRead fetched from the peer's memory by RDMA READ
 */
public record SmbDirectCounters(
        long messagesOut, long messagesIn, long fragmentsOut, long fragmentsIn, long bytesWritten, long bytesRead) {}
