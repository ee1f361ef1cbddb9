package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Ioctl;

/** The control codes of files. [MS-FSCC] 2.3. */
final class FileControl {
    private static final int FSCTL_GET_OBJECT_ID = 0x0009009C;
    private static final int FSCTL_CREATE_OR_GET_OBJECT_ID = 0x000900C0;

    private static final int FSCTL_SRV_REQUEST_RESUME_KEY = 0x00140078;
    private static final int FSCTL_SRV_COPYCHUNK = 0x001440F2;
    private static final int FSCTL_SRV_COPYCHUNK_WRITE = 0x001480F2;
    private static final int FSCTL_SRV_ENUMERATE_SNAPSHOTS = 0x00144064;
    private static final int FSCTL_SET_SPARSE = 0x000900C4;
    private static final int FSCTL_SET_ZERO_DATA = 0x000980C8;
    private static final int FSCTL_QUERY_ALLOCATED_RANGES = 0x000940CF;
    private static final int FSCTL_FILE_LEVEL_TRIM = 0x00098208;
    private static final int FSCTL_SET_REPARSE_POINT = 0x000900A4;
    private static final int FSCTL_GET_REPARSE_POINT = 0x000900A8;
    private static final int FSCTL_DELETE_REPARSE_POINT = 0x000900AC;
    private static final int FSCTL_GET_COMPRESSION = 0x0009003C;
    private static final int FSCTL_SET_COMPRESSION = 0x0009C040;

    private static final int SNAPSHOTS_BYTES = 16;
    private static final int COMPRESSION_FORMAT_NONE = 0;

    private FileControl() {}

    /** There are none: NumberOfSnapShots, NumberOfSnapShotsReturned, SnapShotArraySize. [MS-SMB2] 2.2.32.2. */
    private static Outcome snapshots(Ioctl.Request request) throws Refusal {
        Refusal.unless(request.maxOutputResponse() >= SNAPSHOTS_BYTES, NtStatus.INVALID_PARAMETER);
        return SparseControl.done(
                request, new WireWriter(SNAPSHOTS_BYTES).zeros(SNAPSHOTS_BYTES).toBlob());
    }

    /** Nothing is compressed. */
    private static Outcome compression(Ioctl.Request request) throws Refusal {
        Refusal.unless(request.maxOutputResponse() >= 2, NtStatus.INVALID_PARAMETER);
        return SparseControl.done(
                request, new WireWriter(2).u16(COMPRESSION_FORMAT_NONE).toBlob());
    }

    /** And nothing will be. */
    private static Outcome setCompression(FileOpen open, Ioctl.Request request) throws Refusal, MalformedMessage {
        Refusal.unless(open.has(AccessMask.WRITE_DATA), NtStatus.ACCESS_DENIED);
        int format = request.input().reader().u16(0);
        Refusal.unless(format == COMPRESSION_FORMAT_NONE, NtStatus.NOT_SUPPORTED);
        return SparseControl.done(request, Blob.EMPTY);
    }

    static Outcome answer(FileOpen open, RequestContext context, Ioctl.Request request) throws Refusal, PosixException {
        try {
            return answered(open, context, request);
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
    }

    private static Outcome answered(FileOpen open, RequestContext context, Ioctl.Request request)
            throws Refusal, PosixException, MalformedMessage {
        return switch (request.ctlCode()) {
            case FSCTL_GET_OBJECT_ID, FSCTL_CREATE_OR_GET_OBJECT_ID -> objectId(open, request);
            case FSCTL_SRV_REQUEST_RESUME_KEY -> ServerCopy.resumeKey(open, context, request);
            case FSCTL_SRV_COPYCHUNK -> ServerCopy.copy(open, context, request, true);
            case FSCTL_SRV_COPYCHUNK_WRITE -> ServerCopy.copy(open, context, request, false);
            case FSCTL_SRV_ENUMERATE_SNAPSHOTS -> snapshots(request);
            case FSCTL_SET_SPARSE -> SparseControl.setSparse(open, request);
            case FSCTL_SET_ZERO_DATA -> SparseControl.zero(open, request);
            case FSCTL_QUERY_ALLOCATED_RANGES -> SparseControl.allocatedRanges(open, request);
            case FSCTL_FILE_LEVEL_TRIM -> SparseControl.trim(open, request);
            case FSCTL_SET_REPARSE_POINT -> SymbolicLinks.set(open, request);
            case FSCTL_GET_REPARSE_POINT -> SymbolicLinks.get(open, request);
            case FSCTL_DELETE_REPARSE_POINT -> SymbolicLinks.delete(open, request);
            case FSCTL_GET_COMPRESSION -> compression(request);
            case FSCTL_SET_COMPRESSION -> setCompression(open, request);
            default -> throw new Refusal(NtStatus.INVALID_DEVICE_REQUEST);
        };
    }

    /** FILE_OBJECTID_BUFFER type 1: the file's id, where it was made, and no domain. */
    private static Outcome objectId(FileOpen open, Ioctl.Request request) throws Refusal, PosixException {
        long volume = open.volume().id();
        long file = open.metadata().fileId();
        var out = new WireWriter(64)
                .i64(file)
                .i64(volume)
                .i64(volume)
                .i64(0)
                .i64(file)
                .i64(volume)
                .zeros(16);
        Refusal.unless(request.maxOutputResponse() >= out.position(), NtStatus.BUFFER_TOO_SMALL);
        return Outcome.done(new Ioctl.Response(request.ctlCode(), request.file(), out.toBlob()));
    }
}
