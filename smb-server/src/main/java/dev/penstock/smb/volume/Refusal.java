package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.erref.NtStatus;

/** Ends an operation with a status. Without a stack: it is an answer, not a fault. */
class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final NtStatus status;

    Refusal(NtStatus status) {
        super(status.name(), null, false, false);
        this.status = status;
    }

    /** Refuses where the condition does not hold. */
    static void unless(boolean condition, NtStatus otherwise) throws Refusal {
        if (!condition) {
            throw new Refusal(otherwise);
        }
    }

    /** An operation that may refuse, or fail at the operating system. */
    interface Operation {
        Outcome run() throws Refusal, PosixException;
    }

    /** What an operation comes to for a client. */
    static Outcome answered(Operation operation) {
        try {
            return operation.run();
        } catch (Refusal refusal) {
            return refusal.outcome();
        } catch (PosixException e) {
            return Outcome.failed(statusOf(e));
        }
    }

    /** What a client is told beside the status; mostly nothing. */
    Blob data() {
        return Blob.EMPTY;
    }

    Outcome.Failed outcome() {
        return new Outcome.Failed(status, data());
    }

    NtStatus status() {
        return status;
    }

    /** What a failed call of the operating system is for a client. */
    static NtStatus statusOf(PosixException e) {
        int errno = e.errno();
        if (errno == Errno.ENAMETOOLONG) {
            return NtStatus.OBJECT_NAME_INVALID;
        } else if (errno == Errno.ENOTEMPTY) {
            return NtStatus.DIRECTORY_NOT_EMPTY;
        } else if (errno == Errno.ELOOP) {
            return NtStatus.ACCESS_DENIED;
        } else if (errno == Errno.EDQUOT) {
            return NtStatus.QUOTA_EXCEEDED;
        } else if (errno == Errno.EOPNOTSUPP) {
            return NtStatus.NOT_SUPPORTED;
        }
        return switch (errno) {
            case Errno.ENOENT -> NtStatus.OBJECT_NAME_NOT_FOUND;
            case Errno.ENOTDIR -> NtStatus.OBJECT_PATH_NOT_FOUND;
            case Errno.EEXIST -> NtStatus.OBJECT_NAME_COLLISION;
            case Errno.EISDIR -> NtStatus.FILE_IS_A_DIRECTORY;
            case Errno.EACCES, Errno.EPERM -> NtStatus.ACCESS_DENIED;
            case Errno.EXDEV -> NtStatus.NOT_SAME_DEVICE;
            case Errno.EINVAL -> NtStatus.INVALID_PARAMETER;
            case Errno.ENFILE, Errno.EMFILE -> NtStatus.TOO_MANY_OPENED_FILES;
            case Errno.ENOSPC, Errno.EFBIG -> NtStatus.DISK_FULL;
            case Errno.EROFS -> NtStatus.MEDIA_WRITE_PROTECTED;
            default -> NtStatus.UNEXPECTED_IO_ERROR;
        };
    }
}
