package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.Extents;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.smb2.Ioctl;

/** Files with holes. [MS-FSCC] 2.3.54, 2.3.64 to 2.3.71, 2.3.73. */
final class SparseControl {
    /** Ranges of a trim at most: the rest is left as it is, and the answer says how many were done. */
    private static final int MOST_TRIMS = 1024;

    private static final int RANGE = 16;

    private SparseControl() {}

    static Outcome setSparse(FileOpen open, Ioctl.Request request) throws Refusal, PosixException, MalformedMessage {
        Refusal.unless(!open.isFolder(), NtStatus.INVALID_PARAMETER);
        Refusal.unless(
                open.has(AccessMask.WRITE_DATA | AccessMask.WRITE_ATTRIBUTES | AccessMask.APPEND_DATA),
                NtStatus.ACCESS_DENIED);
        boolean sparse = request.input().isEmpty() || request.input().reader().u8(0) != 0;
        FileStat stat = open.stat();
        StoredAttributes old = StoredAttributes.of(open.handle(), stat);
        int bits =
                sparse ? old.attributes() | FileAttributes.SPARSE_FILE : old.attributes() & ~FileAttributes.SPARSE_FILE;
        if (bits != old.attributes()) {
            new StoredAttributes(bits, old.creation(), old.change(), old.changeHolds()).store(open.handle(), stat);
        }
        return done(request, Blob.EMPTY);
    }

    private static boolean isSparse(FileOpen open) throws PosixException {
        return (StoredAttributes.of(open.handle(), open.stat()).attributes() & FileAttributes.SPARSE_FILE) != 0;
    }

    /** Zeros a stretch within the file; a sparse file gives the space back. */
    static Outcome zero(FileOpen open, Ioctl.Request request) throws Refusal, PosixException, MalformedMessage {
        WireReader in = request.input().reader();
        long from = in.i64(0);
        long end = in.i64(8);
        Refusal.unless(!open.isFolder() && from >= 0 && end >= from, NtStatus.INVALID_PARAMETER);
        Refusal.unless(open.has(AccessMask.WRITE_DATA), NtStatus.ACCESS_DENIED);
        open.data().checkLocks(false, from, end - from);
        long length = Math.min(end, open.content().size()) - from;
        if (length > 0) {
            boolean sparse = isSparse(open);
            FileHandle file = open.content().file();
            open.data().changing(() -> {
                if (sparse) {
                    Extents.punch(file, from, length);
                } else {
                    Extents.zero(file, from, length);
                }
            });
        }
        return done(request, Blob.EMPTY);
    }

    /** Where there is data. A file that is not sparse has it everywhere. */
    static Outcome allocatedRanges(FileOpen open, Ioctl.Request request)
            throws Refusal, PosixException, MalformedMessage {
        WireReader in = request.input().reader();
        long from = in.i64(0);
        long length = in.i64(8);
        Refusal.unless(!open.isFolder() && from >= 0 && length >= 0, NtStatus.INVALID_PARAMETER);
        Refusal.unless(from <= Long.MAX_VALUE - length, NtStatus.INVALID_PARAMETER);
        Refusal.unless(open.has(AccessMask.READ_DATA), NtStatus.ACCESS_DENIED);
        long end = Math.min(from + length, open.content().size());
        var out = new WireWriter(RANGE);
        boolean whole = true;
        if (isSparse(open) && end > from) {
            whole = findRanges(open.content().file(), from, end, request.maxOutputResponse(), out);
        } else if (end > from) {
            whole = request.maxOutputResponse() >= RANGE;
            if (whole) {
                out.i64(from).i64(end - from);
            }
        }
        Refusal.unless(whole || out.position() > 0, NtStatus.BUFFER_TOO_SMALL);
        NtStatus status = whole ? NtStatus.SUCCESS : NtStatus.BUFFER_OVERFLOW;
        return new Outcome.Done(status, new Ioctl.Response(request.ctlCode(), request.file(), out.toBlob()), null);
    }

    /** False where there are more than there is room for. */
    private static boolean findRanges(FileHandle file, long from, long end, long room, WireWriter out)
            throws PosixException {
        long at = Extents.nextData(file, from);
        while (at >= 0 && at < end) {
            long hole = Math.min(Extents.nextHole(file, at), end);
            if (hole <= at) {
                return true; // the file was cut meanwhile
            }
            if (out.position() + RANGE > room) {
                return false;
            }
            out.i64(at).i64(hole - at);
            at = Extents.nextData(file, hole);
        }
        return true;
    }

    /** FSCTL_FILE_LEVEL_TRIM: what is in the ranges is no longer wanted. */
    static Outcome trim(FileOpen open, Ioctl.Request request) throws Refusal, PosixException, MalformedMessage {
        WireReader in = request.input().reader();
        long count = in.u32(4);
        Refusal.unless(!open.isFolder() && in.i32(0) == 0 && count > 0, NtStatus.INVALID_PARAMETER);
        Refusal.unless(open.has(AccessMask.WRITE_DATA), NtStatus.ACCESS_DENIED);
        Refusal.unless(request.maxOutputResponse() == 0 || request.maxOutputResponse() >= 4, NtStatus.BUFFER_TOO_SMALL);
        int trimmed = (int) Math.min(count, MOST_TRIMS);
        for (int i = 0; i < trimmed; i++) {
            long from = in.i64(8 + RANGE * i);
            long length = in.i64(16 + RANGE * i);
            Refusal.unless(from >= 0 && length >= 0 && from <= Long.MAX_VALUE - length, NtStatus.INVALID_PARAMETER);
            open.data().checkLocks(false, from, length);
            long inside = Math.min(length, open.content().size() - from);
            if (inside > 0) {
                FileHandle file = open.content().file();
                open.data().changing(() -> Extents.punch(file, from, inside));
            }
        }
        return done(
                request,
                request.maxOutputResponse() == 0
                        ? Blob.EMPTY
                        : new WireWriter(4).i32(trimmed).toBlob());
    }

    static Outcome done(Ioctl.Request request, Blob output) {
        return Outcome.done(new Ioctl.Response(request.ctlCode(), request.file(), output));
    }
}
