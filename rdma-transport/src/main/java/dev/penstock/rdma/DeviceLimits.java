package dev.penstock.rdma;

/**
 * What a device can do.
 *
 * @param maxGather spans per send or write request
 * @param maxReads RDMA READs that a connection can have under way in one direction
 * @param maxPrivateData bytes of private data in a connection request
 * @param windows whether {@link ProtectionDomain#window} works; where not, remote keys are those of whole regions
 * @param invalidation whether the peer may end a window's key; where not, a message that asks for it ends the connection
 */
public record DeviceLimits(int maxGather, int maxReads, int maxPrivateData, boolean windows, boolean invalidation) {}
