package dev.penstock.smb.volume;

import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.smb2.Create;

/** What makes a CREATE invalid whatever it names. [MS-SMB2] 3.3.5.9, [MS-FSA] 2.1.5.1. */
final class CreateRules {
    private static final int ALL_SHARED = Create.FILE_SHARE_READ | Create.FILE_SHARE_WRITE | Create.FILE_SHARE_DELETE;

    /** FILE_CREATE_TREE_CONNECTION, FILE_OPEN_REMOTE_INSTANCE and those without a meaning on the wire. */
    private static final int REFUSED_OPTIONS = 0xFF10_0000 | 0x0000_0080;

    private static final int SYNCHRONOUS = 0x10 | 0x20;
    private static final int MOST_IMPERSONATION = 3;

    /** SMB2_CREATE_TIMEWARP_TOKEN: the file as it was at a time. [MS-SMB2] 2.2.13.2.7 */
    private static final String TIMEWARP = "TWrp";

    private CreateRules() {}

    static void check(Create.Request request) throws Refusal {
        Refusal.unless(
                request.impersonationLevel() >= 0 && request.impersonationLevel() <= MOST_IMPERSONATION,
                NtStatus.BAD_IMPERSONATION_LEVEL);
        Refusal.unless((request.shareAccess() & ~ALL_SHARED) == 0, NtStatus.INVALID_PARAMETER);
        int disposition = request.createDisposition();
        Refusal.unless(
                disposition >= Create.FILE_SUPERSEDE && disposition <= Create.FILE_OVERWRITE_IF,
                NtStatus.INVALID_PARAMETER);
        options(request);
        Refusal.unless((request.desiredAccess() & AccessMask.RESERVED) == 0, NtStatus.ACCESS_DENIED);
        Refusal.unless((request.fileAttributes() & ~FileAttributes.CREATABLE) == 0, NtStatus.INVALID_PARAMETER);
        // There are no snapshots, and so there is nothing at any time.
        Refusal.unless(request.context(TIMEWARP) == null, NtStatus.OBJECT_NAME_NOT_FOUND);
        int access = request.desiredAccess();
        Refusal.unless(access != 0, NtStatus.ACCESS_DENIED);
        Refusal.unless((access & AccessMask.ACCESS_SYSTEM_SECURITY) == 0, NtStatus.PRIVILEGE_NOT_HELD);
        boolean mayDelete = (access & (AccessMask.DELETE | AccessMask.GENERIC_ALL | AccessMask.MAXIMUM_ALLOWED)) != 0;
        Refusal.unless(!request.has(Create.FILE_DELETE_ON_CLOSE) || mayDelete, NtStatus.INVALID_PARAMETER);
    }

    private static void options(Create.Request request) throws Refusal {
        int options = request.createOptions();
        Refusal.unless((options & 0xFF00_0000) == 0, NtStatus.INVALID_PARAMETER);
        Refusal.unless((options & REFUSED_OPTIONS) == 0, NtStatus.NOT_SUPPORTED);
        Refusal.unless(!request.has(Create.FILE_OPEN_BY_FILE_ID), NtStatus.NOT_SUPPORTED);
        boolean folder = request.has(Create.FILE_DIRECTORY_FILE);
        Refusal.unless(!folder || !request.has(Create.FILE_NON_DIRECTORY_FILE), NtStatus.INVALID_PARAMETER);
        Refusal.unless(!folder || !request.replaces(), NtStatus.INVALID_PARAMETER);
        Refusal.unless((options & SYNCHRONOUS) != SYNCHRONOUS, NtStatus.INVALID_PARAMETER);
    }
}
