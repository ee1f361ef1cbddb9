package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Ioctl;

/** The control codes of files. [MS-FSCC] 2.3. */
final class FileControl {
    private static final int FSCTL_GET_OBJECT_ID = 0x0009009C;
    private static final int FSCTL_CREATE_OR_GET_OBJECT_ID = 0x000900C0;

    private FileControl() {}

    static Outcome answer(FileOpen open, Ioctl.Request request) throws Refusal, PosixException {
        return switch (request.ctlCode()) {
            case FSCTL_GET_OBJECT_ID, FSCTL_CREATE_OR_GET_OBJECT_ID -> objectId(open, request);
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
