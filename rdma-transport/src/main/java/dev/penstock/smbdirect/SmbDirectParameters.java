package dev.penstock.smbdirect;

/**
 * What two ends agreed on, in bytes.
 *
 * @param maxSend one SMB Direct message of ours, header included
 * @param maxReceive one SMB Direct message of the peer's, header included
 * @param maxMessageOut one whole message of ours, over all its fragments
 * @param maxMessageIn one whole message of the peer's
 * @param maxReadWrite one RDMA transfer, over all its descriptors
 */
public record SmbDirectParameters(int maxSend, int maxReceive, int maxMessageOut, int maxMessageIn, int maxReadWrite) {}
