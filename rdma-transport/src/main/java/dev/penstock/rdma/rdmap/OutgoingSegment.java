package dev.penstock.rdma.rdmap;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One segment that is to be sent: a header and where its payload lies. Filled over and over by {@link SoftQueuePair#next}. */
public final class OutgoingSegment {
    /** Spans of one request at most: header, fixed part, and the pieces of a message. */
    static final int MAX_PARTS = 16;

    /** Parts of one segment at most. */
    public static final int MAX_PARTS_PER_SEGMENT = MAX_PARTS;

    final DdpHeader header = new DdpHeader();
    private final MemorySegment[] parts = new MemorySegment[MAX_PARTS];
    private int count;
    private int payload;

    /** The request whose last segment this is, or null. */
    @Nullable
    SendRequest completes;

    /** What has to be open while a response is sent. */
    private @Nullable MemoryKey guard;

    /** The fields behind the header of a read request or a Terminate message. */
    private final ByteBuffer inline = ByteBuffer.allocate(Terminate.MAX_BYTES);

    OutgoingSegment reset(int opcode, boolean last) {
        header.opcode = opcode;
        header.last = last;
        header.key = 0;
        count = 0;
        payload = 0;
        completes = null;
        guard = null;
        inline.clear().limit(0);
        return this;
    }

    OutgoingSegment untagged(int queue, int sequence, int offset) {
        header.queue = queue;
        header.sequence = sequence;
        header.messageOffset = offset;
        return this;
    }

    OutgoingSegment tagged(int key, long offset) {
        header.key = key;
        header.offset = offset;
        return this;
    }

    void add(MemorySegment part) {
        parts[count++] = part;
        payload += (int) part.byteSize();
    }

    void guard(@Nullable MemoryKey key) {
        guard = key;
    }

    /** Makes it an RDMA WRITE of nothing to nowhere. */
    public void emptyWrite() {
        reset(RdmapOpcode.WRITE, true).tagged(0, 0);
    }

    ByteBuffer inline() {
        return inline.clear();
    }

    /** Header and payload, in bytes. */
    public int bytes() {
        return header.bytes() + inline.limit() + payload;
    }

    /** Payload in {@link #part}s, in bytes. */
    public int payloadBytes() {
        return payload;
    }

    /** Number of parts. */
    public int parts() {
        return count;
    }

    /** A part of the payload, in registered memory. */
    public MemorySegment part(int i) {
        return parts[i];
    }

    /** The key under which the payload is sent, to be entered around each system call; null for memory of our own requests. */
    public @Nullable MemoryKey guard() {
        return guard;
    }

    /** Writes what comes before the payload: at most {@link #MAX_HEADER_BYTES}. */
    public void encodeHeader(ByteBuffer to) {
        header.encode(to);
        to.put(inline.rewind());
    }

    /** The longest header. */
    public static final int MAX_HEADER_BYTES = DdpHeader.UNTAGGED_BYTES + Terminate.MAX_BYTES;
}
