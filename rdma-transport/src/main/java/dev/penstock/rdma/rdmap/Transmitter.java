package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.WorkCompletion.Opcode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a stream: the send queue of this side, and the responses to the peer's reads. Cuts them into segments, one of each in
 * turn. Of the queue pair's owner.
 */
final class Transmitter {
    /** A read of the peer's that is being answered. The source is null where nothing was asked for. */
    private static final class Response {
        final ReadRequest request;
        final @Nullable MemoryKey source;
        long cut;

        Response(ReadRequest request, @Nullable MemoryKey source) {
            this.request = request;
            this.source = source;
        }
    }

    private final SoftQueuePair pair;
    private final SendRequest[] ring;
    private long head;
    private long cursor;
    private long tail;
    private int sendSequence = 1;
    private int readSequence = 1;
    private final ArrayDeque<SendRequest> reads = new ArrayDeque<>();
    private int maxReads;
    private final ArrayDeque<Response> responses = new ArrayDeque<>();
    private boolean responseIsDue;

    Transmitter(SoftQueuePair pair, int depth) {
        this.pair = pair;
        this.ring = new SendRequest[depth];
        for (int i = 0; i < depth; i++) {
            ring[i] = new SendRequest();
        }
    }

    void maxReads(int reads) {
        this.maxReads = reads;
    }

    /** The next free element of the send queue. */
    SendRequest post() {
        if (tail - head == ring.length) {
            throw new IllegalStateException("more than " + ring.length + " send requests outstanding");
        }
        return ring[(int) (tail++ % ring.length)];
    }

    /** Reads of the peer's that are not yet cut to the end. */
    int responses() {
        return responses.size();
    }

    void respond(ReadRequest request, @Nullable MemoryKey source) {
        responses.add(new Response(request, source));
    }

    /** The read whose response is arriving, or null where none is outstanding. */
    @Nullable
    SendRequest currentRead() {
        return reads.peek();
    }

    /** The places of the answers to come, behind so many bytes that are arriving. */
    int answersToCome(MemorySegment[] into, int arriving) {
        int n = 0;
        long skipped = arriving;
        for (SendRequest read : reads) {
            MemorySegment sink = read.sink;
            if (sink == null || n == into.length) {
                break; // a read of nothing: its answer has a header, and no place
            }
            long from = read.placed + skipped;
            skipped = 0;
            if (from < sink.byteSize()) {
                into[n++] = sink.asSlice(from);
            }
        }
        return n;
    }

    void readIsDone() {
        var read = reads.remove();
        read.done = true;
        read.sink = null;
        completeInOrder();
    }

    /** Fills in the next segment; false where there is none. */
    boolean next(OutgoingSegment segment, int maxBytes, int bulkFrom, int bulkMost) {
        if (responseIsDue && nextOfResponse(segment, maxBytes, bulkFrom, bulkMost)) {
            responseIsDue = false;
            return true;
        }
        if (nextOfRequest(segment, maxBytes, bulkFrom, bulkMost)) {
            responseIsDue = true;
            return true;
        }
        return nextOfResponse(segment, maxBytes, bulkFrom, bulkMost);
    }

    /** Payload of the next tagged segment: what fits, or, of what lies in one piece and is long enough, as much as goes without frames. */
    private static int payload(long left, long inOnePiece, int maxBytes, int bulkFrom, int bulkMost) {
        return inOnePiece >= bulkFrom
                ? (int) Math.min(inOnePiece, bulkMost)
                : (int) Math.min(left, maxBytes - DdpHeader.TAGGED_BYTES);
    }

    /** The carrier has taken all bytes of a segment, in the order they were cut. */
    void sent(OutgoingSegment segment) {
        var request = segment.completes;
        if (request != null) {
            request.done = true;
            completeInOrder();
        }
    }

    private boolean nextOfResponse(OutgoingSegment segment, int maxBytes, int bulkFrom, int bulkMost) {
        var response = responses.peek();
        if (response == null) {
            return false;
        }
        var request = response.request;
        long left = request.length() - response.cut;
        int bytes = payload(left, left, maxBytes, bulkFrom, bulkMost);
        boolean last = response.cut + bytes == request.length();
        segment.reset(RdmapOpcode.READ_RESPONSE, last).tagged(request.sinkKey(), request.sinkOffset() + response.cut);
        var source = response.source;
        if (source != null) {
            long at = request.sourceOffset() - source.address + response.cut;
            segment.add(source.memory.asSlice(at, bytes));
            segment.guard(source);
        }
        response.cut += bytes;
        if (last) {
            responses.remove();
        }
        return true;
    }

    private boolean nextOfRequest(OutgoingSegment segment, int maxBytes, int bulkFrom, int bulkMost) {
        if (cursor == tail) {
            return false;
        }
        var request = ring[(int) (cursor % ring.length)];
        switch (request.opcode) {
            case READ -> {
                if (reads.size() >= maxReads) {
                    return false;
                }
                cutRead(segment, request);
            }
            case WRITE -> {
                long left = request.length - request.cut;
                cutWrite(segment, request, payload(left, request.inOnePiece(), maxBytes, bulkFrom, bulkMost));
            }
            default -> cutSend(segment, request, maxBytes - DdpHeader.UNTAGGED_BYTES);
        }
        if (segment.header.last) {
            cursor++;
        }
        return true;
    }

    private void cutRead(OutgoingSegment segment, SendRequest request) {
        segment.reset(RdmapOpcode.READ_REQUEST, true).untagged(DdpHeader.QUEUE_READ, readSequence++, 0);
        MemorySegment sink = request.sink;
        var fields = segment.inline();
        new ReadRequest(
                        request.sinkKey,
                        sink == null ? 0 : sink.address(),
                        request.length,
                        request.remoteKey,
                        request.remoteAddress)
                .encode(fields);
        fields.flip();
        reads.add(request);
    }

    private static void cutWrite(OutgoingSegment segment, SendRequest request, int bytes) {
        boolean last = request.cut + bytes == request.length;
        segment.reset(RdmapOpcode.WRITE, last).tagged(request.remoteKey, request.remoteAddress + request.cut);
        request.cutInto(segment, bytes);
        segment.completes = last ? request : null;
    }

    private void cutSend(OutgoingSegment segment, SendRequest request, int maxPayload) {
        if (request.cut == 0) {
            request.sequence = sendSequence++;
        }
        int bytes = (int) Math.min(request.length - request.cut, maxPayload);
        boolean last = request.cut + bytes == request.length;
        segment.reset(request.invalidates ? RdmapOpcode.SEND_INVALIDATE : RdmapOpcode.SEND, last)
                .untagged(DdpHeader.QUEUE_SEND, request.sequence, (int) request.cut);
        // The key to invalidate stands in every segment of the message: RFC 5040 4.3.
        segment.header.key = request.invalidates ? request.remoteKey : 0;
        request.cutInto(segment, bytes);
        segment.completes = last ? request : null;
    }

    private void completeInOrder() {
        while (head < cursor) {
            var oldest = ring[(int) (head % ring.length)];
            if (!oldest.done) {
                return;
            }
            complete(oldest, RdmaStatus.SUCCESS);
        }
    }

    /** Completes all that is outstanding, and forgets what the peer asked for. */
    void flush() {
        while (head < tail) {
            complete(ring[(int) (head % ring.length)], RdmaStatus.FLUSHED);
        }
        cursor = tail;
        reads.clear();
        responses.clear();
    }

    private void complete(SendRequest request, RdmaStatus status) {
        head++;
        Opcode opcode = request.opcode;
        pair.queue().complete(pair, opcode, request.id, status, status == RdmaStatus.SUCCESS ? request.length : 0);
    }
}
