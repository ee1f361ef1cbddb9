package dev.penstock.smb.volume;

import dev.penstock.memory.Lease;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.PageCache;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.Write;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Reads, writes and flushes of one open. */
final class FileData {
    /** Below this a read into a slab is cheaper than a call of sendfile of its own. */
    private static final int LEAST_SENT_FROM_FILE = 32 << 10;

    /** A longer read is worth a hand-over, so that the loop can serve others: copying this much takes some 10 us. */
    private static final int MOST_READ_AT_ONCE = 64 << 10;

    /**
     * The same for what RDMA has brought or will take: its loop has moved as much over a socket in the same turn. The Linux kernel's client
     * asks for 1 or 2 MiB at a time.
     */
    private static final int MOST_MOVED_AT_ONCE = 2 << 20;

    /**
     * What a stream that has come to the end of what is in memory has read next: enough for the disk to be busy while its reader takes what
     * came before. What a reader does not take after all is this much per stream.
     */
    private static final int READ_AHEAD = 16 << 20;

    private final FileOpen open;
    private final ReentrantLock channelLock = new ReentrantLock();

    /** The same file for the JDK's classes; opened by the first read that is sent straight from it. Guarded by the lock. */
    private @Nullable FileChannel channel;

    private int channelUses;
    private boolean closed;

    /** Something was written through this open. */
    private volatile boolean written;

    FileData(FileOpen open) {
        this.open = open;
    }

    /** READ. [MS-SMB2] 3.3.5.12, [MS-FSA] 2.1.5.3. */
    Outcome read(RequestContext context, Read.Request request) throws Refusal, PosixException {
        Refusal.unless(!open.isFolder(), NtStatus.INVALID_DEVICE_REQUEST);
        Refusal.unless(open.has(AccessMask.READ_DATA | AccessMask.EXECUTE), NtStatus.ACCESS_DENIED);
        long offset = request.offset();
        Refusal.unless(offset >= 0 && offset <= Long.MAX_VALUE - request.length(), NtStatus.INVALID_PARAMETER);
        checkLocks(true, offset, request.length());
        long inFile = Math.max(0, open.content().sizeAfter(offset));
        int length = (int) Math.min(request.length(), inFile);
        Refusal.unless(length > 0 || request.length() == 0, NtStatus.END_OF_FILE);
        Refusal.unless(length >= request.minimumCount(), NtStatus.END_OF_FILE);
        boolean streams = offset == open.position();
        open.position(offset + length);
        if (length == 0) {
            return Outcome.done(Read.Response.of(0), new Payload.Bytes(ByteBuffer.allocate(0)));
        }
        boolean welcome = context.fileRangeWelcome();
        if (open.base() != null || length < LEAST_SENT_FROM_FILE || !(welcome || streams)) {
            return readIntoSlab(context, offset, length);
        }
        // The kernel sends on the loop, which waits for no disk: other streams are on it.
        boolean cached = PageCache.holds(open.handle(), offset, length);
        if (!cached && streams) {
            PageCache.readAhead(open.handle(), offset, READ_AHEAD);
        }
        FileChannel file = cached && welcome ? borrowChannel() : null;
        return file == null
                ? readIntoSlab(context, offset, length)
                : Outcome.done(
                        Read.Response.of(length), new Payload.FileRange(file, offset, length, this::returnChannel));
    }

    /**
     * The same where all of it is in the page cache and nothing stands against it; null otherwise. It spares two hand-overs between threads,
     * which cost several times what a small read does.
     */
    @Nullable
    Outcome readNow(RequestContext context, Read.Request request) {
        int most = request.channel() == Read.CHANNEL_NONE ? MOST_READ_AT_ONCE : MOST_MOVED_AT_ONCE;
        int length = (int) Math.min(request.length(), most + 1);
        long offset = request.offset();
        if (length <= 0
                || length > most
                || length < request.minimumCount()
                || offset < 0
                || offset > Long.MAX_VALUE - length
                || open.isFolder()
                || open.base() != null
                || !open.has(AccessMask.READ_DATA | AccessMask.EXECUTE)
                || open.stamps().isInUse()
                || !isUnlocked()) {
            return null;
        }
        Lease slab = context.slabs().take(length);
        if (slab == null) {
            return null;
        }
        boolean read = false;
        try {
            MemorySegment into = slab.memory().asSlice(0, length);
            read = open.volume().isInMemory()
                    ? Posix.read(open.handle(), into, offset) == length
                    : PageCache.read(open.handle(), into, offset);
        } catch (PosixException _) {
            // Whatever it is, the read that may block says it better.
        } finally {
            if (!read) {
                slab.release();
            }
        }
        if (!read) {
            return null;
        }
        open.position(offset + length);
        return Outcome.done(Read.Response.of(length), new Payload.Slab(slab, 0, length));
    }

    /** Whether nobody has any of the file locked; false also where that cannot be told without waiting. */
    private boolean isUnlocked() {
        Node node = open.node();
        if (!node.lock.tryLock()) {
            return false;
        }
        try {
            return node.ranges.isEmpty();
        } finally {
            node.lock.unlock();
        }
    }

    private Outcome readIntoSlab(RequestContext context, long offset, int length) throws Refusal, PosixException {
        Lease slab = context.slabs().take(length);
        if (slab == null) {
            throw new Refusal(NtStatus.INSUFFICIENT_RESOURCES);
        }
        int read = 0;
        try {
            read = (int) open.content().read(slab.memory().asSlice(0, length), offset);
            open.stamps().disturb(open.handle());
        } finally {
            if (read == 0) {
                slab.release();
            }
        }
        Refusal.unless(read > 0, NtStatus.END_OF_FILE);
        return Outcome.done(Read.Response.of(read), new Payload.Slab(slab, 0, read));
    }

    /** Whether a write that RDMA has brought waits for nothing: no disk, and nobody's lock. */
    boolean mayWriteNow(Write.Request request, int length) {
        return open.volume().isInMemory()
                && request.channel() != Read.CHANNEL_NONE
                && length <= MOST_MOVED_AT_ONCE
                && !open.isFolder()
                && open.base() == null
                && !open.isLink()
                && !open.stamps().isInUse()
                && isUnlocked();
    }

    /** WRITE. [MS-SMB2] 3.3.5.13, [MS-FSA] 2.1.5.4. */
    Outcome write(Write.Request request, ByteBuffer bytes) throws Refusal, PosixException {
        Refusal.unless(!open.isFolder(), NtStatus.INVALID_DEVICE_REQUEST);
        Refusal.unless(open.has(AccessMask.WRITE_DATA | AccessMask.APPEND_DATA), NtStatus.ACCESS_DENIED);
        int length = bytes.remaining();
        long offset = request.offset();
        Refusal.unless(offset >= 0 && offset <= Long.MAX_VALUE - length, NtStatus.INVALID_PARAMETER);
        checkLocks(false, offset, length);
        if (length > 0) {
            changing(() -> open.content().write(MemorySegment.ofBuffer(bytes), offset));
            open.position(offset + length);
        }
        boolean through =
                (request.flags() & Write.WRITE_THROUGH) != 0 || (open.options() & Create.FILE_WRITE_THROUGH) != 0;
        if (through) {
            sync(true);
        }
        return Outcome.done(new Write.Response(length));
    }

    /**
     * Waits for stable storage. After a failure the kernel may have dropped what it could not write and call the pages clean, so that a
     * second fsync would succeed: the file is marked instead, and never again reported as safe while it is open.
     *
     * @param full through the caches of drives, and with the name by which the file is found
     */
    void sync(boolean full) throws Refusal, PosixException {
        Node node = open.node();
        node.lock.lock();
        try {
            Refusal.unless(!node.poisoned, NtStatus.IO_DEVICE_ERROR);
        } finally {
            node.lock.unlock();
        }
        try {
            open.content().sync(full);
            if (full) {
                syncName();
            }
        } catch (PosixException e) {
            if (e.errno() == Errno.EINVAL || e.errno() == Errno.EROFS) {
                return; // nothing of this file can be in need of it
            }
            node.lock.lock();
            try {
                node.poisoned = true;
            } finally {
                node.lock.unlock();
            }
            throw new Refusal(NtStatus.IO_DEVICE_ERROR);
        }
    }

    /** A file that was just made is not safe before its folder knows of it. */
    private void syncName() throws PosixException {
        Folder home = open.holdHome();
        if (home != null) {
            try {
                Posix.sync(home.handle());
            } finally {
                home.release();
            }
        }
    }

    /** Something that changes what is in the file. */
    interface Change {
        void make() throws PosixException;
    }

    /** Changes what is in the file, with the times that go with that. */
    void changing(Change change) throws PosixException {
        WriteTimes times = open.node().writeTimes;
        boolean counts = open.base() == null && !open.stamps().keepsWriteTime();
        long before =
                counts && times.wantsTimeBefore(open.writer()) ? open.stat().modified() : 0;
        open.caching().contend();
        change.make();
        if (counts) {
            times.wrote(open.writer(), before);
        }
        open.stamps().disturb(open.handle());
        boolean stream = open.base() != null;
        int size = stream ? ChangeRecord.STREAM_SIZE : ChangeRecord.SIZE;
        written = true;
        open.volume().changes().writing(open, size | (stream ? ChangeRecord.STREAM_WRITE : ChangeRecord.LAST_WRITE));
    }

    boolean written() {
        return written;
    }

    void checkLocks(boolean read, long offset, long length) throws Refusal {
        Node node = open.node();
        node.lock.lock();
        try {
            boolean blocked = !node.ranges.isEmpty()
                    && (read
                            ? node.ranges.blocksRead(open, offset, length)
                            : node.ranges.blocksWrite(open, offset, length));
            Refusal.unless(!blocked, NtStatus.FILE_LOCK_CONFLICT);
        } finally {
            node.lock.unlock();
        }
    }

    /** The channel with one use more, or null where it cannot be had: the slab path always works. */
    private @Nullable FileChannel borrowChannel() throws PosixException {
        channelLock.lock();
        try {
            if (closed) {
                return null;
            }
            if (channel == null) {
                channel = FileChannel.open(Posix.pathOf(open.handle()), StandardOpenOption.READ);
            }
            channelUses++;
            return channel;
        } catch (PosixException e) {
            throw e;
        } catch (IOException _) {
            return null;
        } finally {
            channelLock.unlock();
        }
    }

    private void returnChannel() {
        channelLock.lock();
        try {
            channelUses--;
            closeUnused();
        } finally {
            channelLock.unlock();
        }
    }

    /** The channel lives on until what is being sent from it was sent. */
    void close() {
        channelLock.lock();
        try {
            closed = true;
            closeUnused();
        } finally {
            channelLock.unlock();
        }
    }

    private void closeUnused() {
        if (closed && channelUses == 0 && channel != null) {
            try {
                channel.close();
            } catch (IOException _) {
                // Opened for reading: there is nothing to lose.
            }
            channel = null;
        }
    }
}
