package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.WorkCompletion.Opcode;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a stream: checks each segment before a byte of it is placed. Of the queue pair's owner.
 *
 * <p>The carrier keeps the order, so a segment is either the next one or a mistake: the sequence numbers are compared, not sorted by.
 */
final class Receiver {
    private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

    private final SoftQueuePair pair;
    private final Transmitter transmitter;
    private int maxResponses;

    // posted receives, a ring
    private final long[] ids;
    private final MemorySegment[] buffers;
    private long head;
    private long tail;

    // the message that is arriving on the send queue
    private int sendSequence = 1;
    private long arrived;
    private int opcode;
    private int invalidateKey;

    private int readSequence = 1;

    // the segment that is being placed
    private @Nullable DdpHeader current;
    private int payload;
    private MemorySegment destination = NOTHING;
    private @Nullable MemoryKey destinationKey;

    /** Read requests and Terminate messages. */
    private final byte[] control = new byte[Terminate.MAX_BYTES];

    Receiver(SoftQueuePair pair, Transmitter transmitter, int depth) {
        this.pair = pair;
        this.transmitter = transmitter;
        this.ids = new long[depth];
        this.buffers = new MemorySegment[depth];
    }

    void maxResponses(int responses) {
        this.maxResponses = responses;
    }

    void post(long id, MemorySegment into) {
        if (tail - head == ids.length) {
            throw new IllegalStateException("more than " + ids.length + " receives outstanding");
        }
        int at = (int) (tail++ % ids.length);
        ids[at] = id;
        buffers[at] = into;
    }

    MemorySegment destination() {
        return destination;
    }

    @Nullable
    MemoryKey destinationKey() {
        return destinationKey;
    }

    /** The header of the segment that is being dealt with, for the Terminate message about it. */
    @Nullable
    DdpHeader current() {
        return current;
    }

    int currentBytes() {
        return current == null ? 0 : current.bytes() + payload;
    }

    /** Bytes of the segment that is being dealt with, if it is of an answer to a read. */
    int arrivingAnswer() {
        return current != null && current.isAnswer() ? payload : 0;
    }

    /** Checks a segment and finds its place. */
    void arriving(DdpHeader header, int payloadBytes) throws TerminateException {
        current = header;
        payload = payloadBytes;
        destination = NOTHING;
        destinationKey = null;
        switch (header.opcode) {
            case RdmapOpcode.WRITE -> placeWrite(header);
            case RdmapOpcode.READ_RESPONSE -> placeReadResponse(header);
            case RdmapOpcode.READ_REQUEST -> placeControl(header, DdpHeader.QUEUE_READ, readSequence);
            case RdmapOpcode.TERMINATE -> placeControl(header, DdpHeader.QUEUE_TERMINATE, 1);
            default -> placeSend(header);
        }
    }

    /** All of the payload is in place, and is what was sent. */
    void arrived() throws TerminateException {
        var header = java.util.Objects.requireNonNull(current);
        switch (header.opcode) {
            case RdmapOpcode.WRITE -> {}
            case RdmapOpcode.READ_RESPONSE -> finishReadResponse(header);
            case RdmapOpcode.READ_REQUEST -> finishReadRequest();
            case RdmapOpcode.TERMINATE -> {
                var told = Terminate.decode(ByteBuffer.wrap(control));
                pair.end(told.status(), "the peer says: " + told, null);
            }
            default -> finishSend(header);
        }
        current = null;
        destination = NOTHING;
        destinationKey = null;
    }

    private void placeWrite(DdpHeader header) throws TerminateException {
        if (payload == 0) {
            return; // nothing is placed, so nothing is checked: RFC 5040 4.2; it serves as a first frame too
        }
        var key = pair.device().keys().find(header.key);
        if (key == null) {
            throw new TerminateException(Terminate.WRITE_KEY);
        }
        if (key.domain != pair.domain()) {
            throw new TerminateException(Terminate.WRITE_OTHER_DOMAIN);
        }
        if (!key.writable) {
            throw new TerminateException(Terminate.ACCESS);
        }
        if (wraps(header.offset, payload)) {
            throw new TerminateException(Terminate.WRITE_WRAP);
        }
        if (!key.covers(header.offset, payload)) {
            throw new TerminateException(Terminate.WRITE_BOUNDS);
        }
        destination = key.memory.asSlice(header.offset - key.address, payload);
        destinationKey = key;
    }

    private void placeReadResponse(DdpHeader header) throws TerminateException {
        var read = transmitter.currentRead();
        if (read == null) {
            throw new TerminateException(Terminate.UNEXPECTED_OPCODE);
        }
        var sink = read.sink;
        if (header.key != read.sinkKey) {
            throw new TerminateException(Terminate.WRITE_KEY);
        }
        long base = sink == null ? 0 : sink.address();
        boolean fits = payload <= read.length - read.placed && header.offset == base + read.placed;
        if (!fits || header.last != (read.placed + payload == read.length)) {
            throw new TerminateException(Terminate.WRITE_BOUNDS);
        }
        if (sink != null && payload > 0) {
            destination = sink.asSlice(read.placed, payload);
        }
    }

    private void finishReadResponse(DdpHeader header) {
        var read = java.util.Objects.requireNonNull(transmitter.currentRead());
        read.placed += payload;
        if (header.last) {
            transmitter.readIsDone();
            pair.wantsToSend();
        }
    }

    private void placeControl(DdpHeader header, int queue, int sequence) throws TerminateException {
        if (header.queue != queue) {
            throw new TerminateException(Terminate.QUEUE_NUMBER);
        }
        if (header.sequence != sequence) {
            throw new TerminateException(Terminate.SEQUENCE);
        }
        if (header.messageOffset != 0) {
            throw new TerminateException(Terminate.MESSAGE_OFFSET);
        }
        if (queue == DdpHeader.QUEUE_READ) {
            if (payload != ReadRequest.BYTES || !header.last) {
                throw new TerminateException(Terminate.TOO_LONG);
            }
            if (transmitter.responses() >= maxResponses) {
                throw new TerminateException(Terminate.NO_BUFFER);
            }
        } else if (payload < 4 || payload > control.length || !header.last) {
            throw new TerminateException(Terminate.TOO_LONG);
        }
        destination = MemorySegment.ofArray(control).asSlice(0, payload);
    }

    private void finishReadRequest() throws TerminateException {
        readSequence++;
        var request = ReadRequest.decode(ByteBuffer.wrap(control).order(ByteOrder.BIG_ENDIAN));
        if (request.length() == 0) {
            transmitter.respond(request, null);
            pair.wantsToSend();
            return;
        }
        var key = pair.device().keys().find(request.sourceKey());
        if (key == null) {
            throw new TerminateException(Terminate.READ_KEY);
        }
        if (key.domain != pair.domain()) {
            throw new TerminateException(Terminate.READ_OTHER_DOMAIN);
        }
        if (!key.readable) {
            throw new TerminateException(Terminate.ACCESS);
        }
        if (wraps(request.sourceOffset(), request.length()) || wraps(request.sinkOffset(), request.length())) {
            throw new TerminateException(Terminate.READ_WRAP);
        }
        if (!key.covers(request.sourceOffset(), request.length())) {
            throw new TerminateException(Terminate.READ_BOUNDS);
        }
        transmitter.respond(request, key);
        pair.wantsToSend();
    }

    private void placeSend(DdpHeader header) throws TerminateException {
        if (header.queue != DdpHeader.QUEUE_SEND) {
            throw new TerminateException(Terminate.QUEUE_NUMBER);
        }
        if (header.sequence != sendSequence) {
            throw new TerminateException(Terminate.SEQUENCE);
        }
        if (Integer.toUnsignedLong(header.messageOffset) != arrived) {
            throw new TerminateException(Terminate.MESSAGE_OFFSET);
        }
        if (arrived == 0) {
            opcode = header.opcode;
            invalidateKey = header.key;
        } else if (header.opcode != opcode || (RdmapOpcode.invalidates(opcode) && header.key != invalidateKey)) {
            throw new TerminateException(Terminate.UNEXPECTED_OPCODE);
        }
        if (head == tail) {
            throw new TerminateException(Terminate.NO_BUFFER);
        }
        if (payload == 0 && !header.last) {
            throw new TerminateException(Terminate.MESSAGE_OFFSET); // would go on for ever without moving
        }
        var buffer = buffers[(int) (head % ids.length)];
        if (payload > buffer.byteSize() - arrived) {
            throw new TerminateException(Terminate.TOO_LONG);
        }
        destination = buffer.asSlice(arrived, payload);
    }

    private void finishSend(DdpHeader header) throws TerminateException {
        arrived += payload;
        if (!header.last) {
            return;
        }
        boolean invalidates = RdmapOpcode.invalidates(opcode);
        if (invalidates) {
            invalidate(invalidateKey);
        }
        int at = (int) (head++ % ids.length);
        var completion = pair.queue().complete(pair, Opcode.RECEIVE, ids[at], RdmaStatus.SUCCESS, arrived);
        if (invalidates) {
            completion.fillInvalidated(invalidateKey);
        }
        sendSequence++;
        arrived = 0;
    }

    /** RFC 5040 5.3: the key has to be one that this stream may use; a region's own key lives until it is closed here. */
    private void invalidate(int key) throws TerminateException {
        var window = pair.device().keys().find(key);
        if (window == null || !window.window || window.domain != pair.domain()) {
            throw new TerminateException(Terminate.CANNOT_INVALIDATE);
        }
        pair.domain().remove(window);
    }

    void flush() {
        while (head < tail) {
            pair.queue().complete(pair, Opcode.RECEIVE, ids[(int) (head++ % ids.length)], RdmaStatus.FLUSHED, 0);
        }
    }

    /** Whether a range goes past the end of the 64-bit space. */
    private static boolean wraps(long offset, long bytes) {
        return Long.compareUnsigned(offset + bytes - 1, offset) < 0;
    }
}
