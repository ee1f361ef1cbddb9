package dev.penstock.smb.volume;

import dev.penstock.smb.apple.Aapl;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.volume.posix.Extents;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.CopyChunk;
import dev.penstock.smb.wire.smb2.Ioctl;
import java.lang.foreign.Arena;

/** Copies that the server makes: FSCTL_SRV_REQUEST_RESUME_KEY and FSCTL_SRV_COPYCHUNK. [MS-SMB2] 3.3.5.15.5 and 3.3.5.15.6. */
final class ServerCopy {
    private ServerCopy() {}

    static Outcome resumeKey(FileOpen open, RequestContext context, Ioctl.Request request) throws Refusal {
        // The key, ContextLength, and four bytes of a context that is none.
        Refusal.unless(request.maxOutputResponse() >= CopyChunk.KEY_BYTES + 8, NtStatus.INVALID_PARAMETER);
        var out = new WireWriter(32)
                .blob(open.resumeKey().of(context.sessionId()))
                .zeros(8);
        return answer(NtStatus.SUCCESS, request, out.toBlob());
    }

    /**
     * Copies chunks of another open of the session into this one.
     *
     * @param reads whether the target must be open for reading, too
     */
    static Outcome copy(FileOpen target, RequestContext context, Ioctl.Request request, boolean reads)
            throws Refusal, PosixException {
        Refusal.unless(request.maxOutputResponse() >= CopyChunk.RESPONSE_BYTES, NtStatus.INVALID_PARAMETER);
        CopyChunk.Request copy;
        try {
            copy = CopyChunk.Request.decode(request.input());
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
        if (!copy.isWithinLimits()) {
            return answer(NtStatus.INVALID_PARAMETER, request, CopyChunk.limits());
        }
        FileOpen source = ResumeKeys.find(copy.key(), context.sessionId());
        if (source == null) {
            throw new Refusal(NtStatus.OBJECT_NAME_NOT_FOUND);
        }
        checkAccess(source, target, reads);
        if (copy.chunks().isEmpty() && context.notes().hasApple(Aapl.OSX_COPYFILE)) {
            return WholeCopy.start(source, target, context, request);
        }
        if (copy.chunks().isEmpty()) {
            return answer(NtStatus.SUCCESS, request, CopyChunk.response(0, 0, 0));
        }
        return chunks(source, target, request, copy);
    }

    private static void checkAccess(FileOpen source, FileOpen target, boolean reads) throws Refusal {
        Refusal.unless(!source.isFolder() && !target.isFolder(), NtStatus.INVALID_DEVICE_REQUEST);
        boolean readable = source.has(AccessMask.READ_DATA | AccessMask.EXECUTE);
        boolean writable = target.has(AccessMask.WRITE_DATA | AccessMask.APPEND_DATA);
        boolean enough = !reads || target.has(AccessMask.READ_DATA);
        Refusal.unless(readable && writable && enough, NtStatus.ACCESS_DENIED);
    }

    /** Up to the first chunk that cannot be copied: the answer says how far it came. */
    private static Outcome chunks(FileOpen source, FileOpen target, Ioctl.Request request, CopyChunk.Request copy) {
        int copied = 0;
        long bytes = 0;
        NtStatus status = NtStatus.SUCCESS;
        try {
            for (CopyChunk.Chunk chunk : copy.chunks()) {
                one(source, target, chunk);
                copied++;
                bytes += chunk.length();
            }
        } catch (Refusal refusal) {
            status = refusal.status();
        } catch (PosixException e) {
            status = Refusal.statusOf(e);
        }
        return answer(status, request, CopyChunk.response(copied, 0, (int) bytes));
    }

    private static void one(FileOpen source, FileOpen target, CopyChunk.Chunk chunk) throws Refusal, PosixException {
        long from = chunk.sourceOffset();
        long to = chunk.targetOffset();
        long length = chunk.length();
        Refusal.unless(
                from >= 0 && to >= 0 && from <= Long.MAX_VALUE - length && to <= Long.MAX_VALUE - length,
                NtStatus.INVALID_PARAMETER);
        Refusal.unless(from + length <= source.content().size(), NtStatus.INVALID_VIEW_SIZE);
        source.data().checkLocks(true, from, length);
        target.data().checkLocks(false, to, length);
        target.data().changing(() -> transfer(source, from, target, to, length));
    }

    /** Between files in the kernel, which shares blocks where the file system can; a stretch over itself, and streams, through here. */
    private static void transfer(FileOpen source, long from, FileOpen target, long to, long length)
            throws PosixException {
        boolean files = source.content() instanceof Content.OfFile && target.content() instanceof Content.OfFile;
        boolean overlaps = source.node() == target.node() && Math.abs(from - to) < length;
        if (files && !overlaps) {
            FileHandle in = source.handle();
            Extents.copy(in, from, target.handle(), to, length);
            return;
        }
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(length);
            long n = source.content().read(buffer, from);
            target.content().write(buffer.asSlice(0, n), to);
        }
    }

    private static Outcome answer(NtStatus status, Ioctl.Request request, Blob output) {
        return new Outcome.Done(status, new Ioctl.Response(request.ctlCode(), request.file(), output), null);
    }
}
