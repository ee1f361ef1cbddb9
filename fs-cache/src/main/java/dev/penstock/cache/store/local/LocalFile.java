package dev.penstock.cache.store.local;

import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/** One open file; reads run on the store's pool. Thread-safe. */
final class LocalFile implements StoredFile {
    /** Bytes per system call: a byte buffer holds at most 2 GiB, and a closed file should not be read on for long. */
    static final long SLICE = 8 << 20;
    /** Runs closer together than this are read as one stretch and packed in memory: one call instead of thousands. */
    private static final long GATHER_STRIDE = 256 << 10;
    /** Size of that stretch, in bytes; one per reader at a time. */
    private static final long GATHER_BUFFER = 2 << 20;

    private final String path;
    private final FileChannel channel;
    private final long size;
    private final ExecutorService readers;
    private final AtomicLong copied;

    LocalFile(String path, FileChannel channel, ExecutorService readers, AtomicLong copied) throws IOException {
        this.path = path;
        this.channel = channel;
        this.size = channel.size();
        this.readers = readers;
        this.copied = copied;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public CompletableFuture<Void> read(long offset, ReadTarget target, long targetOffset, long length) {
        if (length < 0 || offset < 0 || offset > size - length) {
            return CompletableFuture.failedFuture(outside(offset, length));
        }
        MemorySegment into = target.memory().asSlice(targetOffset, length);
        return submit(() -> {
            for (long done = 0; done < length; done += SLICE) {
                fill(offset + done, into.asSlice(done, Math.min(SLICE, length - done)));
            }
            copied.addAndGet(length);
        });
    }

    @Override
    public CompletableFuture<Void> readStrided(
            long offset, long runLength, long stride, int runs, ReadTarget target, long targetOffset) {
        long span;
        MemorySegment into;
        try {
            if (runLength <= 0 || runs <= 0 || stride < runLength) {
                throw new IllegalArgumentException(
                        runs + " runs of " + runLength + " bytes, " + stride + " bytes apart");
            }
            span = Math.addExact(Math.multiplyExact(stride, runs - 1L), runLength);
            into = target.memory().asSlice(targetOffset, Math.multiplyExact(runLength, runs));
        } catch (ArithmeticException e) {
            return CompletableFuture.failedFuture(outside(offset, Long.MAX_VALUE));
        }
        if (offset < 0 || offset > size - span) {
            return CompletableFuture.failedFuture(outside(offset, span));
        }
        return submit(() -> {
            if (stride <= GATHER_STRIDE) {
                gather(offset, runLength, stride, runs, into);
            } else {
                for (int run = 0; run < runs; run++) {
                    fill(offset + run * stride, into.asSlice(run * runLength, runLength));
                }
            }
            copied.addAndGet(into.byteSize());
        });
    }

    private void gather(long offset, long runLength, long stride, int runs, MemorySegment into) throws IOException {
        int perStretch = (int) Math.max(1, GATHER_BUFFER / stride);
        var stretch = ByteBuffer.allocateDirect((int) (perStretch * stride));
        MemorySegment memory = MemorySegment.ofBuffer(stretch);
        for (int first = 0; first < runs; first += perStretch) {
            int count = Math.min(perStretch, runs - first);
            fill(offset + first * stride, memory.asSlice(0, (count - 1) * stride + runLength));
            for (int run = 0; run < count; run++) {
                MemorySegment.copy(memory, run * stride, into, (first + run) * runLength, runLength);
            }
        }
    }

    private void fill(long offset, MemorySegment into) throws IOException {
        ByteBuffer buffer = into.asByteBuffer();
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position()) < 0) {
                throw new EOFException(path + " became shorter while it was read");
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private IOException outside(long offset, long length) {
        return new EOFException(path + " has " + size + " bytes, none for a read of " + length + " at " + offset);
    }

    /** What runs on the store's pool. */
    interface Transfer {
        void run() throws IOException;
    }

    private CompletableFuture<Void> submit(Transfer reading) {
        return submit(readers, path, reading);
    }

    static CompletableFuture<Void> submit(ExecutorService threads, String path, Transfer transfer) {
        var done = new CompletableFuture<Void>();
        try {
            threads.execute(() -> {
                try {
                    transfer.run();
                    done.complete(null);
                } catch (IOException | RuntimeException | OutOfMemoryError e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(new IOException("the store of " + path + " is closed", e));
        }
        return done;
    }
}
