package dev.penstock.smb.volume;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.QueryInfo;
import java.util.List;

/**
 * The file in which NTFS keeps quotas: clients open it by its name there to ask for them. None are kept, and that is the answer; the file
 * is nowhere on disk. [MS-FSCC] 2.4.41, [MS-SMB2] 3.3.5.20.4.
 */
final class QuotaOpen implements Open {
    private static final String NAME = "$Extend\\$Quota:$Q:$INDEX_ALLOCATION";

    static boolean isNamed(String name) {
        return name.equalsIgnoreCase(NAME);
    }

    static Outcome create(Create.Request request) throws Refusal {
        Refusal.unless(request.createDisposition() == Create.FILE_OPEN, NtStatus.ACCESS_DENIED);
        int attributes =
                FileAttributes.HIDDEN | FileAttributes.SYSTEM | FileAttributes.DIRECTORY | FileAttributes.ARCHIVE;
        var answer = new Create.Response(
                Create.OPLOCK_NONE, Create.ACTION_OPENED, 0, 0, 0, 0, 0, 0, attributes, FileId.PREVIOUS, List.of());
        return new Outcome.Opened(new QuotaOpen(), answer);
    }

    @Override
    public boolean inline() {
        return true;
    }

    @Override
    public Outcome queryInfo(RequestContext context, QueryInfo.Request request) {
        boolean quota = request.infoType() == QueryInfo.INFO_QUOTA;
        return Outcome.failed(quota ? NtStatus.NO_MORE_ENTRIES : NtStatus.INVALID_PARAMETER);
    }

    @Override
    public Outcome.Final close(RequestContext context, Close.Request request) {
        return Outcome.done(Close.Response.PLAIN);
    }

    @Override
    public void abandon() {
        // It holds nothing.
    }
}
