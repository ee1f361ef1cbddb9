package dev.penstock.smb.transport.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.function.Supplier;

/** Makes a channel read into memory of our choice. Belongs to the channel's event loop. */
final class SlabAllocator implements RecvByteBufAllocator {
    /** Reads in a row before other channels of the loop get their turn. */
    private static final int MAX_READS = 16;

    private final Supplier<ByteBuf> buffers;

    SlabAllocator(Supplier<ByteBuf> buffers) {
        this.buffers = buffers;
    }

    @Override
    @SuppressWarnings("deprecation") // the interface demands the old type of the handle
    public Handle newHandle() {
        return new Reader();
    }

    private final class Reader implements ExtendedHandle {
        private boolean autoRead;
        private int reads;
        private int attempted;
        private int last;

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            return buffers.get();
        }

        @Override
        public int guess() {
            return FrameAssembler.SMALL;
        }

        @Override
        public void reset(ChannelConfig config) {
            autoRead = config.isAutoRead();
            reads = 0;
        }

        @Override
        public void incMessagesRead(int count) {
            reads += count;
        }

        @Override
        public void lastBytesRead(int bytes) {
            last = bytes;
        }

        @Override
        public int lastBytesRead() {
            return last;
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            attempted = bytes;
        }

        @Override
        public int attemptedBytesRead() {
            return attempted;
        }

        @Override
        public boolean continueReading() {
            return continueReading(() -> attempted == last);
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier mayHaveMore) {
            return autoRead && reads < MAX_READS && last > 0 && mayHaveMore.get();
        }

        @Override
        public void readComplete() {
            // Nothing to learn: the frames say how much comes.
        }
    }
}
