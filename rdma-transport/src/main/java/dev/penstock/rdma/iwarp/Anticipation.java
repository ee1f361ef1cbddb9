package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.rdmap.DdpHeader;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the next frames' payload will go, if they are the answers to our reads, cut as the last one was: what comes of one read request
 * arrives in order, and so do the answers to several. So one system call reads many frames into their places, and what is between
 * them into a buffer of its own. What came instead of what was anticipated has been put into memory that the peer has yet to
 * fill, and is taken out again.
 *
 * <p>Of one connection; the plan is made anew for each call.
 */
final class Anticipation {
    /** Frames per call, with two entries each: below the 1024 that a call takes. */
    private static final int MAX_FRAMES = 256;

    /** Bytes per call: as many as the turn of a connection. */
    private static final long MAX_BYTES = 4 << 20;

    /** What may follow the last answer: the messages that ask for the next. */
    private static final int BEHIND = 4 << 10;

    /** Trailer with padding, length field, header. */
    private static final int BETWEEN = 3 + FpduReader.CRC_BYTES + 2 + DdpHeader.TAGGED_BYTES;

    private final ByteBuffer[] vector = new ByteBuffer[2 * MAX_FRAMES + 2];
    private final boolean[] payload = new boolean[vector.length];
    private final MemorySegment[] sinks = new MemorySegment[MAX_FRAMES];
    private @Nullable ByteBuffer between;
    private int entries;
    private long bytes;
    private int usual;

    /** Bytes ahead that are worth a try: fewer after a mistake, more after none. */
    private long ahead = MAX_BYTES;

    /** The payload of an answer's frame that was not its last. */
    void usual(int payloadBytes) {
        usual = payloadBytes;
    }

    /**
     * Plans a call.
     *
     * @param staged bytes that are there of what is to be read next, if no payload is
     * @param place what is left of a payload that was begun, or null
     * @param trailing bytes behind that payload up to the next frame's length field; 0 between two frames
     * @return whether there is anything to anticipate
     */
    boolean plan(SoftQueuePair pair, int staged, @Nullable ByteBuffer place, int trailing) {
        if (usual < FpduReader.DIRECT) {
            return false;
        }
        int answers = pair.answersToCome(sinks);
        int gap = trailing + 2 + DdpHeader.TAGGED_BYTES - staged;
        if (answers == 0 || gap <= 0) {
            return false;
        }
        var around = between;
        if (around == null) {
            around = ByteBuffer.allocateDirect(MAX_FRAMES * BETWEEN + BEHIND);
            between = around;
        }
        entries = 0;
        bytes = 0;
        if (place != null) {
            add(place, false);
        }
        int at = 0;
        long planned = 0;
        int frames = 0;
        for (int i = 0; i < answers; i++) {
            MemorySegment sink = sinks[i];
            for (long done = 0; done < sink.byteSize() && frames < MAX_FRAMES && planned < ahead; frames++) {
                int length = (int) Math.min(usual, sink.byteSize() - done);
                add(around.slice(at, gap), false);
                at += gap;
                add(sink.asSlice(done, length).asByteBuffer(), true);
                done += length;
                planned += length;
                int frame = 2 + DdpHeader.TAGGED_BYTES + length;
                gap = (-frame & 3) + FpduReader.CRC_BYTES + 2 + DdpHeader.TAGGED_BYTES;
            }
        }
        add(around.slice(at, around.capacity() - at), false);
        return true;
    }

    private void add(ByteBuffer part, boolean isPayload) {
        vector[entries] = part;
        payload[entries++] = isPayload;
        bytes += part.remaining();
    }

    ByteBuffer[] vector() {
        return vector;
    }

    int entries() {
        return entries;
    }

    /** Bytes that the plan has room for. */
    long bytes() {
        return bytes;
    }

    /** Whether an entry is where a payload was thought to go. */
    boolean isPayload(int entry) {
        return payload[entry];
    }

    /** What is staged, and behind it what came from an entry on, in the order in which it came. */
    ByteBuffer from(int entry, ByteBuffer staged) {
        int length = staged.remaining();
        for (int i = entry; i < entries; i++) {
            length += vector[i].position();
        }
        var out = ByteBuffer.allocate(length).put(staged);
        for (int i = entry; i < entries; i++) {
            out.put(vector[i].flip());
        }
        return out.flip();
    }

    /** The call's bytes have been taken apart: as anticipated, or not. */
    void done(boolean kept) {
        ahead = kept ? Math.min(MAX_BYTES, 2 * ahead) : Math.max(usual, ahead / 4);
    }
}
