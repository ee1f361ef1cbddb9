package dev.penstock.smb.transport.tcp;

import dev.penstock.memory.Lease;
import dev.penstock.memory.SlabPool;
import dev.penstock.smb.transport.Link;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the socket is read to, and how messages are found in it. Small messages go through one buffer that is used again and again, so
 * that one read may bring many of them; as soon as a message is known to be longer than that buffer, the rest of it is read straight into
 * a slab. Belongs to the channel's event loop.
 */
final class FrameAssembler {
    /** Longer messages go to slabs; what of them is in this buffer already must be copied. */
    static final int SMALL = 16 << 10;

    private static final int PREFIX = 4;

    private final SlabPool slabs;
    private final Link.Handler handler;
    private final ByteBuf small = Unpooled.directBuffer(SMALL + PREFIX, SMALL + PREFIX);

    private @Nullable Lease slab;
    private ByteBuffer large = ByteBuffer.allocate(0);
    private int wanted;

    /** What is to be done after a read. */
    enum Verdict {
        /** Go on reading. */
        CONTINUE,
        /** No slab is free: ask again later, and read nothing until then. */
        STARVED,
        /** The frame breaks a rule. */
        BROKEN
    }

    FrameAssembler(SlabPool slabs, Link.Handler handler) {
        this.slabs = slabs;
        this.handler = handler;
    }

    /** The memory that the next read goes to. The reader releases it. */
    ByteBuf nextBuffer() {
        if (slab != null) {
            return Unpooled.wrappedBuffer(large).writerIndex(0);
        }
        return small.retainedSlice(small.writerIndex(), small.writableBytes()).writerIndex(0);
    }

    /** So many bytes were read into {@link #nextBuffer}. */
    Verdict filled(int bytes) {
        if (slab == null) {
            small.writerIndex(small.writerIndex() + bytes);
            return parse();
        }
        large.position(large.position() + bytes);
        if (!large.hasRemaining()) {
            Lease full = slab;
            slab = null;
            handler.received(large.flip(), full);
        }
        return Verdict.CONTINUE;
    }

    /** Looks for messages in the small buffer. */
    Verdict parse() {
        while (small.readableBytes() >= PREFIX) {
            int at = small.readerIndex();
            int length = small.getInt(at); // the first byte is zero, and the limit takes care that it is
            if (length <= 0 || length > handler.messageLimit()) {
                return Verdict.BROKEN;
            }
            if (length > SMALL) {
                return begin(length);
            }
            if (small.readableBytes() < PREFIX + length) {
                break;
            }
            small.readerIndex(at + PREFIX + length);
            handler.received(small.nioBuffer(at + PREFIX, length));
        }
        small.discardReadBytes();
        return Verdict.CONTINUE;
    }

    /** Starts a message in a slab with what is there of it. */
    private Verdict begin(int length) {
        wanted = length;
        Lease lease = slabs.take(length);
        if (lease == null) {
            return Verdict.STARVED;
        }
        slab = lease;
        large = lease.memory().asSlice(0, wanted).asByteBuffer();
        small.skipBytes(PREFIX);
        large.put(small.nioBuffer(small.readerIndex(), small.readableBytes()));
        small.clear();
        return Verdict.CONTINUE;
    }

    /** True where part of a message is there and the rest is not. */
    boolean isPartial() {
        return slab != null || small.isReadable();
    }

    /** Gives all memory back. */
    void close() {
        if (slab != null) {
            slab.release();
            slab = null;
        }
        small.release();
    }
}
