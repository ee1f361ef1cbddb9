package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.WorkCompletion.Opcode;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A posted send, write or read, and how far it is. An element of a ring, used again and again. */
final class SendRequest {
    long id;
    Opcode opcode = Opcode.SEND;
    long length;
    int remoteKey;
    long remoteAddress;
    boolean invalidates;
    boolean done;
    RdmaStatus status = RdmaStatus.SUCCESS;

    /** Bytes cut into segments so far. */
    long cut;

    /** Message sequence number, given when its first segment is cut. */
    int sequence;

    /** Of a read: bytes placed so far, where they go, and our own name for that place. */
    long placed;

    @Nullable
    MemorySegment sink;

    int sinkKey;

    private final MemorySegment[] parts = new MemorySegment[OutgoingSegment.MAX_PARTS];
    private int count;
    private int part;
    private long partOffset;

    void set(long number, Opcode what, List<LocalSpan> from) {
        id = number;
        opcode = what;
        length = 0;
        remoteKey = 0;
        remoteAddress = 0;
        invalidates = false;
        done = false;
        status = RdmaStatus.SUCCESS;
        cut = 0;
        placed = 0;
        sink = null;
        count = 0;
        part = 0;
        partOffset = 0;
        for (LocalSpan span : from) {
            if (span.length() > 0) {
                parts[count++] = span.memory();
                length = Math.addExact(length, span.length());
            }
        }
    }

    /** Bytes from where it is that lie behind each other. */
    long inOnePiece() {
        return part < count ? parts[part].byteSize() - partOffset : 0;
    }

    /** Moves the next {@code bytes} into a segment. */
    void cutInto(OutgoingSegment segment, int bytes) {
        long left = bytes;
        while (left > 0) {
            var from = parts[part];
            long here = Math.min(left, from.byteSize() - partOffset);
            segment.add(from.asSlice(partOffset, here));
            partOffset += here;
            left -= here;
            if (partOffset == from.byteSize()) {
                part++;
                partOffset = 0;
            }
        }
        cut += bytes;
    }
}
