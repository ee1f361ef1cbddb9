package dev.penstock.smb.volume;

import dev.penstock.smb.volume.caching.Grant;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileMetadata;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.CreateContext;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.MaximalAccessContext;
import dev.penstock.smb.wire.smb2.OnDiskIdContext;
import java.util.ArrayList;
import java.util.List;

/** The response to a CREATE, with the contexts that were asked for and no other: Macs end the connection at one that they do not know. */
final class CreateAnswer {
    private CreateAnswer() {}

    static Create.Response of(FileOpen open, Create.Request request, int action, int maximalAccess)
            throws PosixException {
        FileMetadata m = open.metadata();
        return new Create.Response(
                open.caching().oplockLevel(),
                action,
                m.creation(),
                m.access(),
                m.write(),
                m.change(),
                m.allocation(),
                m.size(),
                m.attributes(),
                FileId.PREVIOUS,
                contexts(open, request, m, maximalAccess));
    }

    private static List<CreateContext> contexts(
            FileOpen open, Create.Request request, FileMetadata m, int maximalAccess) {
        var contexts = new ArrayList<CreateContext>(2);
        if (request.context(MaximalAccessContext.NAME) != null) {
            contexts.add(new MaximalAccessContext.Response(NtStatus.SUCCESS, maximalAccess).toContext());
        }
        Grant grant = open.caching().grant();
        if (grant != null && grant.lease() != null) {
            contexts.add(grant.context().toContext());
        }
        if (request.context(OnDiskIdContext.NAME) != null) {
            contexts.add(new OnDiskIdContext.Response(m.fileId(), open.volume().id()).toContext());
        }
        return contexts;
    }
}
