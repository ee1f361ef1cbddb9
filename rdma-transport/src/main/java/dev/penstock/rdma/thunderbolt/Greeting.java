package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.rdmap.StartUpException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The first message of each side on the side channel, in network byte order: 8 bytes "PenUC\0\0\2", u8 kind, u8 length of the port's
 * address, u16 length of the private data, u16 inbound reads, u16 outbound reads, u16 receives, u32 connection, then address and private data.
 *
 * @param connection number that both put into their frames; the asking side chooses it
 * @param receives that the sender posts
 * @param address of its port; not to be moved
 * @param data of the user; not to be moved
 */
record Greeting(
        Kind kind,
        int connection,
        int receives,
        ByteBuffer address,
        int inboundReads,
        int outboundReads,
        ByteBuffer data) {
    /** What it says. */
    enum Kind {
        ASK,
        ACCEPT,
        REJECT
    }

    /** Addresses of queue pairs are a number and a GID. */
    static final int MAX_ADDRESS = 64;

    /** What the limits of a software device say. */
    static final int MAX_PRIVATE_DATA = 256;

    private static final byte[] MAGIC = "PenUC\0\0\2".getBytes(StandardCharsets.US_ASCII);
    private static final int FIXED = 22;

    static final int MAX_BYTES = FIXED + MAX_ADDRESS + MAX_PRIVATE_DATA;

    /** What opens a connection: the port's address, and the reads as they are offered or agreed. */
    static Greeting of(
            Kind kind, int connection, FramePort port, int inbound, int outbound, ConnectionParameters user) {
        return new Greeting(
                kind,
                connection,
                port.receives(),
                ByteBuffer.wrap(port.address()),
                inbound,
                outbound,
                ByteBuffer.wrap(user.privateData()));
    }

    /** What refuses one. */
    static Greeting rejecting(Greeting asked, byte[] data) {
        return new Greeting(
                Kind.REJECT, asked.connection, 0, ByteBuffer.allocate(0), 0, 0, ByteBuffer.wrap(data.clone()));
    }

    ByteBuffer encode() {
        var out = ByteBuffer.allocate(FIXED + address.remaining() + data.remaining());
        out.put(MAGIC)
                .put((byte) kind.ordinal())
                .put((byte) address.remaining())
                .putShort((short) data.remaining());
        out.putShort((short) inboundReads).putShort((short) outboundReads);
        out.putShort((short) receives).putInt(connection);
        return out.put(address.duplicate()).put(data.duplicate()).flip();
    }

    /**
     * Reads one that has arrived so far; null where more is needed, and the buffer's position is then unchanged.
     *
     * @throws StartUpException where it can become none
     */
    static @Nullable Greeting decode(ByteBuffer in) throws StartUpException {
        int start = in.position();
        for (int i = 0; i < Math.min(in.remaining(), MAGIC.length); i++) {
            if (in.get(start + i) != MAGIC[i]) {
                throw new StartUpException("it does not speak this protocol, or another version of it");
            }
        }
        if (in.remaining() < FIXED) {
            return null;
        }
        int kind = in.get(start + 8);
        int addressBytes = in.get(start + 9) & 0xFF;
        int dataBytes = in.getShort(start + 10) & 0xFFFF;
        int receives = in.getShort(start + 16) & 0xFFFF;
        if (kind < 0 || kind >= Kind.values().length) {
            throw new StartUpException("a greeting of kind " + kind);
        }
        if (addressBytes > MAX_ADDRESS || dataBytes > MAX_PRIVATE_DATA) {
            throw new StartUpException("an address of " + addressBytes + " bytes, private data of " + dataBytes);
        }
        if (Kind.values()[kind] != Kind.REJECT && receives < ReliableFrames.SHORTEST_QUEUE) {
            throw new StartUpException("only " + receives + " receives");
        }
        if (in.remaining() < FIXED + addressBytes + dataBytes) {
            return null;
        }
        int inbound = in.getShort(start + 12) & 0xFFFF;
        int outbound = in.getShort(start + 14) & 0xFFFF;
        int connection = in.getInt(start + 18);
        in.position(start + FIXED);
        var address = new byte[addressBytes];
        var data = new byte[dataBytes];
        in.get(address).get(data);
        return new Greeting(
                Kind.values()[kind],
                connection,
                receives,
                ByteBuffer.wrap(address),
                inbound,
                outbound,
                ByteBuffer.wrap(data));
    }

    /** Seen from the side that reads it: the peer's outbound reads are our inbound ones. */
    ConnectionParameters offered() {
        return new ConnectionParameters(outboundReads, inboundReads, bytes(data));
    }

    /** The port's address. */
    byte[] portAddress() {
        return bytes(address);
    }

    private static byte[] bytes(ByteBuffer of) {
        var bytes = new byte[of.remaining()];
        of.duplicate().get(bytes);
        return bytes;
    }
}
