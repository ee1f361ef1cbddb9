package dev.penstock.smb.rpc;

import dev.penstock.smb.auth.Authentication;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import java.time.Clock;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** IPC$: the share of the pipes. Any loop. */
public final class PipeShare implements Share {
    private static final int FILE_ATTRIBUTE_NORMAL = 0x80;
    private static final int PIPE_ALLOCATION = 4096;

    /** Read, write, execute and what goes with them: what Windows and Samba answer for IPC$. */
    private static final int ACCESS = 0x001F00A9;

    private final String serverName;
    private final ShareLevels shares;
    private final UserStore users;
    private final Accounts accounts;

    /** IPC$ of a server with these shares and users. */
    public PipeShare(String serverName, List<Share> shares, UserStore users) {
        this.serverName = serverName;
        this.shares = new ShareLevels(shares);
        this.users = users;
        this.accounts = new Accounts(serverName, users::list);
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
        RpcConversation conversation = conversation(request.name().toLowerCase(Locale.ROOT), context.user());
        if (conversation == null) {
            return Outcome.failed(NtStatus.OBJECT_NAME_NOT_FOUND);
        }
        return new Outcome.Opened(
                new PipeOpen(conversation),
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

    /** A new conversation with what is at the end of a pipe; nothing where there is no such pipe. */
    @Nullable
    RpcConversation conversation(String pipe, User user) {
        RpcService service = service(pipe, user);
        if (service == null) {
            return null;
        }
        var security = new RpcSecurity(() -> new Authentication(users, serverName, InstantSource.system()), user);
        return new RpcConversation(pipe, List.of(service, new Management(service)), security);
    }

    @Nullable
    RpcService service(String pipe, User user) {
        return switch (pipe) {
            case "srvsvc" -> new Srvsvc(serverName, shares, Clock.system(ZoneId.systemDefault()));
            case "wkssvc" -> new Wkssvc(serverName);
            case "lsarpc", "lsass" -> new Lsarpc(accounts, user);
            case "samr" -> new Refusals.Samr();
            case "winreg" -> new Refusals.Winreg();
            case "mdssvc" -> new Refusals.Mdssvc();
            default -> null;
        };
    }
}
