package dev.penstock.smbdirect;

import java.time.Duration;

/**
 * How an endpoint behaves. Sizes in bytes.
 *
 * @param credits receives posted per connection: what the peer may send without being told more
 * @param messageSize one SMB Direct message, in either direction; the smaller of both sides' counts
 * @param fragmentedSize one whole message, in either direction
 * @param maxReadWrite one RDMA transfer
 * @param maxConnections connections at a time; each has {@code 2 * credits * messageSize} bytes of buffers
 * @param negotiateTimeout from the connection to the end of the negotiation
 * @param keepAlive silence after which the peer is asked whether it is there
 * @param keepAliveReply what it then has to answer
 */
public record SmbDirectConfig(
        int credits,
        int messageSize,
        int fragmentedSize,
        int maxReadWrite,
        int maxConnections,
        Duration negotiateTimeout,
        Duration keepAlive,
        Duration keepAliveReply) {
    /** [MS-SMBD] 3.1.5.2: a peer with less is refused. */
    static final int MIN_MESSAGE_SIZE = 128;

    /** [MS-SMBD] 3.1.5.2. */
    static final int MIN_FRAGMENTED_SIZE = 131_072;

    /**
     * 255 credits is what Linux asks and grants. Linux' messages are 1364 bytes; between two of ours an SMB2 compound or a listing should
     * fit one, hence 8 KiB. 1 MiB whole is the size that Windows' clients send without RDMA. 8 MiB per transfer is the largest SMB2
     * READ. 64 connections have 64 * 2 * 255 * 8 KiB = 255 MiB of address space, of which only what is used becomes memory. The times
     * are those of Linux.
     */
    public static final SmbDirectConfig DEFAULT = new SmbDirectConfig(
            255, 8192, 1 << 20, 8 << 20, 64, Duration.ofSeconds(5), Duration.ofSeconds(120), Duration.ofSeconds(5));

    /** Checks the limits. */
    public SmbDirectConfig {
        if (credits < 2 || credits > 4096 || messageSize < MIN_MESSAGE_SIZE || messageSize > 1 << 20) {
            throw new IllegalArgumentException(credits + " credits of " + messageSize + " bytes");
        }
        if (fragmentedSize < MIN_FRAGMENTED_SIZE || maxReadWrite <= 0 || maxConnections <= 0) {
            throw new IllegalArgumentException("sizes " + fragmentedSize + " and " + maxReadWrite);
        }
    }

    /** The same for so many connections at a time: adapters hold all their buffers in memory from the start. */
    public SmbDirectConfig withMaxConnections(int connections) {
        return new SmbDirectConfig(
                credits,
                messageSize,
                fragmentedSize,
                maxReadWrite,
                connections,
                negotiateTimeout,
                keepAlive,
                keepAliveReply);
    }

    /** The same with other times: for tests, and for links that are watched by other means. */
    public SmbDirectConfig withTimeouts(Duration negotiate, Duration idle, Duration reply) {
        return new SmbDirectConfig(
                credits, messageSize, fragmentedSize, maxReadWrite, maxConnections, negotiate, idle, reply);
    }
}
