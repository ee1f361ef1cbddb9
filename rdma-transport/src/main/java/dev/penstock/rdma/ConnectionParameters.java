package dev.penstock.rdma;

import java.util.Arrays;

/**
 * What the two ends tell each other when they connect. Immutable.
 *
 * <p>Reads are RDMA READ requests under way at a time: {@code inboundReads} is what this side answers (responder resources, IRD),
 * {@code outboundReads} what it may ask (initiator depth, ORD). What an end asks is never more than the other answers.
 */
public final class ConnectionParameters {
    private final int inboundReads;
    private final int outboundReads;
    private final byte[] privateData;

    /** Copies the private data. */
    public ConnectionParameters(int inboundReads, int outboundReads, byte... privateData) {
        if (inboundReads < 0 || outboundReads < 0) {
            throw new IllegalArgumentException("reads " + inboundReads + " and " + outboundReads);
        }
        this.inboundReads = inboundReads;
        this.outboundReads = outboundReads;
        this.privateData = privateData.clone();
    }

    /** READs of the peer's that are answered at a time. */
    public int inboundReads() {
        return inboundReads;
    }

    /** READs that may be under way towards the peer. */
    public int outboundReads() {
        return outboundReads;
    }

    /** A copy of the private data. What a peer has said may have zeros behind it: InfiniBand's messages have one length (IBTA 12.7, 12.8). */
    public byte[] privateData() {
        return privateData.clone();
    }

    @Override
    public String toString() {
        return "inbound reads " + inboundReads + ", outbound reads " + outboundReads + ", private data "
                + Arrays.toString(privateData);
    }
}
