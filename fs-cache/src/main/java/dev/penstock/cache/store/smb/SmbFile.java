package dev.penstock.cache.store.smb;

import com.hierynomus.smbj.share.File;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An open file of a share. Thread-safe. */
final class SmbFile implements StoredFile, OpenFile {
    /** Runs further apart than this many times their length are read one by one: reading the gaps too would move more. */
    private static final int WORTH_READING_GAPS = 8;

    /** Longer runs are READs of their own: what a READ costs beside its data is then small. Not more than one credit pays for. */
    private static final int WORTH_GATHERING = 64 << 10;

    private final SmbFileStore store;
    private final String path;
    private final long size;
    private final long id;
    private final Handles handles;
    private volatile boolean closed;

    /** A file that one connection has opened; others open it when they first read from it. */
    SmbFile(SmbFileStore store, ShareConnection by, ShareConnection.Opened opened, String path) {
        this.store = store;
        this.path = path;
        this.size = opened.size();
        this.id = opened.id();
        this.handles = new Handles(by, opened.file(), this::open);
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
    public File handle(ShareConnection by) throws IOException {
        return handles.of(by);
    }

    private File open(ShareConnection by) throws IOException {
        var opened = by.open(path);
        if (opened.id() == id && opened.size() == size && !closed) {
            return opened.file();
        }
        opened.file().closeSilently();
        throw new IOException(path + (closed ? " is closed" : " is another file now"));
    }

    void checkOpen() throws IOException {
        if (closed) {
            throw new IOException(path + " is closed");
        }
    }

    /** Parts of one read: completes, well or not, when the last of them has ended, so that nothing is written after that. */
    static final class Pending {
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private final AtomicInteger left;
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Pending(int parts) {
            this.left = new AtomicInteger(parts);
        }

        boolean failed() {
            return failure.get() != null;
        }

        void fail(Throwable why) {
            failure.compareAndSet(null, why);
        }

        CompletableFuture<Void> done() {
            return done;
        }

        void partEnded() {
            if (left.decrementAndGet() == 0) {
                var why = failure.get();
                if (why == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(why instanceof IOException ? why : new IOException(why));
                }
            }
        }
    }

    @Override
    public CompletableFuture<Void> read(long offset, ReadTarget target, long targetOffset, long length) {
        if (length < 0 || offset < 0 || offset > size - length) {
            return CompletableFuture.failedFuture(outside(offset, length));
        }
        var into = own(target);
        into.memory().asSlice(targetOffset, length);
        if (length == 0) {
            return CompletableFuture.completedFuture(null);
        }
        int part = store.readBytes();
        int parts = Math.toIntExact((length + part - 1) / part);
        var pending = new Pending(parts);
        for (int i = 0; i < parts; i++) {
            long at = (long) i * part;
            int bytes = (int) Math.min(part, length - at);
            store.submit(pending, () -> store.read(this, offset + at, into, targetOffset + at, bytes));
        }
        return pending.done;
    }

    @Override
    public CompletableFuture<Void> readStrided(
            long offset, long runLength, long stride, int runs, ReadTarget target, long targetOffset) {
        if (runLength <= 0 || runs <= 0 || stride < runLength) {
            return CompletableFuture.failedFuture(new IllegalArgumentException(
                    runs + " runs of " + runLength + " bytes, " + stride + " bytes apart"));
        }
        long span;
        try {
            span = Math.addExact(Math.multiplyExact(stride, runs - 1L), runLength);
        } catch (ArithmeticException e) {
            return CompletableFuture.failedFuture(outside(offset, Long.MAX_VALUE));
        }
        if (offset < 0 || offset > size - span) {
            return CompletableFuture.failedFuture(outside(offset, span));
        }
        var into = own(target);
        into.memory().asSlice(targetOffset, Math.multiplyExact(runLength, (long) runs));
        if (stride == runLength) {
            return read(offset, target, targetOffset, span);
        }
        if (runLength > store.readBytes()) {
            return readRuns(offset, runLength, stride, runs, target, targetOffset);
        }
        int length = (int) runLength;
        boolean there = store.gathersRuns() > 0 && length <= WORTH_GATHERING;
        int perPart = 1;
        if (there) {
            perPart = Math.min(store.readBytes() / length, store.gathersRuns());
        } else if (stride / length < WORTH_READING_GAPS) {
            perPart = (int) Math.max(1, (store.readBytes() - length) / stride + 1);
        }
        int parts = (runs + perPart - 1) / perPart;
        var pending = new Pending(parts);
        for (int i = 0; i < parts; i++) {
            int first = i * perPart;
            var part = new StridedReadRequest.Runs(
                    offset + first * stride, length, stride, Math.min(perPart, runs - first));
            submit(pending, part, there, into, targetOffset + first * runLength);
        }
        return pending.done;
    }

    private void submit(Pending pending, StridedReadRequest.Runs runs, boolean there, SmbTarget into, long to) {
        if (runs.count() == 1) {
            store.submit(pending, () -> store.read(this, runs.offset(), into, to, runs.length()));
        } else if (there) {
            store.submit(pending, () -> store.gatherThere(this, runs, into, to));
        } else {
            store.submit(pending, () -> store.gatherHere(this, runs, into, to));
        }
    }

    /** Runs longer than a READ: each is a read of its own. */
    private CompletableFuture<Void> readRuns(
            long offset, long runLength, long stride, int runs, ReadTarget target, long targetOffset) {
        var all = new CompletableFuture<?>[runs];
        for (int i = 0; i < runs; i++) {
            all[i] = read(offset + i * stride, target, targetOffset + i * runLength, runLength);
        }
        return CompletableFuture.allOf(all);
    }

    static SmbTarget own(ReadTarget target) {
        if (target instanceof SmbTarget t) {
            return t;
        }
        throw new IllegalArgumentException("a target of another store");
    }

    @Override
    public void close() {
        closed = true;
        handles.close();
    }

    private IOException outside(long offset, long length) {
        return new EOFException(path + " has " + size + " bytes, none for a read of " + length + " at " + offset);
    }
}
