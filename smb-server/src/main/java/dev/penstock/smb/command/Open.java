package dev.penstock.smb.command;

import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.OplockBreak;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.StridedRead;
import dev.penstock.smb.wire.smb2.Write;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Something that a client has open: a file, a directory, a pipe. What it does not override is not possible with it.
 *
 * <p>Unless {@link #inline} says otherwise, calls come from the server's pool of I/O threads and may block; several may be under way at
 * once. The dispatcher has already checked sizes against the negotiated maximum and the credit charge, and that the handle is of this
 * session and tree. {@link #close} and {@link #abandon} come once, after every call under way has returned, and nothing follows them;
 * {@link Deferred} promises may still be open then, and it is up to the implementation to keep them.
 */
public interface Open {
    /** True where no call ever blocks: then they are made on the connection's own loop. */
    default boolean inline() {
        return false;
    }

    /** READ. The request's length is at most the negotiated maximum; on an RDMA channel too. Answered with a payload. */
    default Outcome read(RequestContext context, Read.Request request) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /**
     * READ, where it can be answered at once: without waiting for a disk or for a lock that is held over one. Called on the connection's
     * loop.
     *
     * @return null where it cannot; then nothing has happened, and {@link #read} is called
     */
    default @Nullable Outcome readNow(RequestContext context, Read.Request request) {
        return null;
    }

    /** True where {@link #readStrided} is there: then clients are told of it. */
    default boolean readsStrided() {
        return false;
    }

    /**
     * Some of a strided read's runs, packed. Answered with any success, which is looked at for being one only.
     *
     * @param into of exactly the runs' size; valid until the call returns
     */
    default Outcome readStrided(RequestContext context, StridedRead.Request request, MemorySegment into) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /**
     * WRITE.
     *
     * @param data a direct buffer, from its position to its limit, valid until the call returns or its promise is kept
     */
    default Outcome write(RequestContext context, Write.Request request, ByteBuffer data) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /**
     * WRITE, where it can be done at once, as with {@link #readNow}. Called on the connection's loop.
     *
     * @return null where it cannot; then nothing has happened, and {@link #write} is called
     */
    default @Nullable Outcome writeNow(RequestContext context, Write.Request request, ByteBuffer data) {
        return null;
    }

    /** FLUSH: a success means stable storage. */
    default Outcome flush(RequestContext context, Flush.Request request) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /** LOCK. */
    default Outcome lock(RequestContext context, Lock.Request request) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /** QUERY_DIRECTORY. Answered with a payload. The dispatcher runs those of one open one after the other. */
    default Outcome queryDirectory(RequestContext context, QueryDirectory.Request request) {
        return Outcome.failed(NtStatus.INVALID_PARAMETER);
    }

    /** QUERY_INFO. Answered with a payload. */
    default Outcome queryInfo(RequestContext context, QueryInfo.Request request) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /** SET_INFO. */
    default Outcome setInfo(RequestContext context, SetInfo.Request request) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /** CHANGE_NOTIFY. */
    default Outcome changeNotify(RequestContext context, ChangeNotify.Request request) {
        return Outcome.failed(NtStatus.NOT_SUPPORTED);
    }

    /** IOCTL of a code that the protocol half does not answer itself. */
    default Outcome ioctl(RequestContext context, Ioctl.Request request) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /** FSCTL_DUPLICATE_EXTENTS_TO_FILE, from another open of the same session. */
    default Outcome duplicateExtents(RequestContext context, Open source, Ioctl.Request request) {
        return Outcome.failed(NtStatus.INVALID_DEVICE_REQUEST);
    }

    /** OPLOCK_BREAK for an oplock that the client was asked to give up. */
    default Outcome acknowledgeOplock(RequestContext context, OplockBreak.Acknowledgment request) {
        return Outcome.failed(NtStatus.INVALID_OPLOCK_PROTOCOL);
    }

    /** The path from the share's root as it is now, as clients write it; empty where there is none. */
    default String name() {
        return "";
    }

    /** The lease that the handle has now; null where it has none. May block. */
    default @Nullable LeaseContext lease() {
        return null;
    }

    /** The client is gone: true where this may wait for it to come back, because nobody else's is in its way. May block. */
    default boolean outlives() {
        return false;
    }

    /** CREATE that asks for what has waited: {@link Outcome.Opened} with this open, now the context's holder's. */
    default Outcome resume(RequestContext context, Create.Request request) {
        return Outcome.failed(NtStatus.OBJECT_NAME_NOT_FOUND);
    }

    /** CLOSE. The handle is gone whatever the outcome. */
    Outcome.Final close(RequestContext context, Close.Request request);

    /** The tree, the session or the connection ended: close without an answer. May block. */
    void abandon();
}
