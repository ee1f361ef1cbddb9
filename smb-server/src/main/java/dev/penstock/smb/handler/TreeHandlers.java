package dev.penstock.smb.handler;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Tree;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.TreeConnect;
import dev.penstock.smb.wire.smb2.TreeDisconnect;
import java.util.Locale;
import java.util.Objects;

/** TREE_CONNECT and TREE_DISCONNECT. [MS-SMB2] 3.3.5.7, 3.3.5.8. */
final class TreeHandlers {
    private final ServerState server;
    private final Endings endings;

    TreeHandlers(ServerState server, Endings endings) {
        this.server = server;
        this.endings = endings;
    }

    void connect(Exchange exchange, TreeConnect.Request request) {
        Session session = Objects.requireNonNull(exchange.session);
        // Without protection somebody in between could lead the client to another share. 3.3.5.7
        if (!exchange.incoming.encrypted() && exchange.incoming.signature() == Signature.ABSENT) {
            exchange.finish(Outcome.failed(NtStatus.ACCESS_DENIED));
            return;
        }
        String path = request.path();
        int slash = path.lastIndexOf('\\');
        if (!path.startsWith("\\\\") || slash <= 2) {
            exchange.finish(Outcome.failed(NtStatus.BAD_NETWORK_NAME));
            return;
        }
        Share share = server.shares().get(path.substring(slash + 1).toUpperCase(Locale.ROOT));
        if (share == null) {
            exchange.finish(Outcome.failed(NtStatus.BAD_NETWORK_NAME));
            return;
        }
        int access =
                share.maximalAccess(Objects.requireNonNull(session.secured()).user());
        if (access == 0) {
            exchange.finish(Outcome.failed(NtStatus.ACCESS_DENIED));
            return;
        }
        if (session.trees().size() >= Session.MAX_TREES) {
            exchange.finish(Outcome.failed(NtStatus.INSUFFICIENT_RESOURCES));
            return;
        }
        var tree = new Tree(session.nextTreeId(), share);
        if (tree.encrypts() && Objects.requireNonNull(session.secured()).terms().cipher() == 0) {
            exchange.finish(Outcome.failed(NtStatus.ACCESS_DENIED));
            return;
        }
        session.trees().put(tree.id(), tree);
        exchange.tree = tree;
        exchange.finish(Outcome.done(
                new TreeConnect.Response(share.type().wire(), share.flags(), share.capabilities(), access)));
    }

    void disconnect(Exchange exchange) {
        Session session = Objects.requireNonNull(exchange.session);
        Tree tree = Objects.requireNonNull(exchange.tree);
        session.trees().remove(tree.id());
        endings.end(
                session,
                tree,
                Deferred.Reason.TREE_ENDED,
                () -> exchange.finish(Outcome.done(new TreeDisconnect.Response())));
    }
}
