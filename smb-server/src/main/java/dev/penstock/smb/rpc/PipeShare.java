package dev.penstock.smb.rpc;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import java.util.List;
import java.util.Locale;

/** IPC$: the share of the pipes. Any loop. */
public final class PipeShare implements Share {
    private static final int FILE_ATTRIBUTE_NORMAL = 0x80;
    private static final int PIPE_ALLOCATION = 4096;

    /** Read, write, execute and what goes with them: what Windows and Samba answer for IPC$. */
    private static final int ACCESS = 0x001F00A9;

    private final Srvsvc srvsvc;

    /** IPC$ of a server with these shares. */
    public PipeShare(String serverName, List<Share> shares) {
        this.srvsvc = new Srvsvc(serverName, shares);
    }

    @Override
    public String name() {
        return "IPC$";
    }

    @Override
    public Type type() {
        return Type.PIPE;
    }

    @Override
    public String comment() {
        return "IPC Service";
    }

    @Override
    public int maximalAccess(User user) {
        return ACCESS;
    }

    @Override
    public boolean inline() {
        return true;
    }

    @Override
    public Outcome create(RequestContext context, Create.Request request) {
        // Pipes that are not there must be refused at once: clients probe for several, and wait.
        if (!request.name().toLowerCase(Locale.ROOT).equals("srvsvc")) {
            return Outcome.failed(NtStatus.OBJECT_NAME_NOT_FOUND);
        }
        return new Outcome.Opened(
                new PipeOpen(new RpcConversation(srvsvc)),
                new Create.Response(
                        Create.OPLOCK_NONE,
                        Create.ACTION_OPENED,
                        0,
                        0,
                        0,
                        0,
                        PIPE_ALLOCATION,
                        0,
                        FILE_ATTRIBUTE_NORMAL,
                        FileId.PREVIOUS,
                        List.of()));
    }
}
