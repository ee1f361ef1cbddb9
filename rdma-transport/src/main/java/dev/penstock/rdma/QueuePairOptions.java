package dev.penstock.rdma;

/**
 * What a queue pair is made with.
 *
 * @param domain whose keys its peer may use
 * @param queue where all its completions go
 * @param sendDepth send, write and read requests outstanding at most
 * @param receiveDepth receives outstanding at most
 */
public record QueuePairOptions(ProtectionDomain domain, CompletionQueue queue, int sendDepth, int receiveDepth) {
    /** Checks the limits. 16384 is what common adapters allow. */
    public QueuePairOptions {
        if (sendDepth <= 0 || sendDepth > 16384 || receiveDepth <= 0 || receiveDepth > 16384) {
            throw new IllegalArgumentException("depths " + sendDepth + " and " + receiveDepth);
        }
    }
}
