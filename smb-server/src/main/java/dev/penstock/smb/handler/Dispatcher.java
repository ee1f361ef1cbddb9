package dev.penstock.smb.handler;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.handler.CommandTable.Needs;
import dev.penstock.smb.handler.Exchange.Incoming;
import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.DurableHandle;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Cancel;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Echo;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.OplockBreak;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SessionSetup;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.TreeConnect;
import dev.penstock.smb.wire.smb2.TreeDisconnect;
import dev.penstock.smb.wire.smb2.Write;
import org.jspecify.annotations.Nullable;

/** Checks what all commands have in common, then calls the command's handler. [MS-SMB2] 3.3.5.2. On the connection's loop. */
public final class Dispatcher {
    private final Sessions all;
    private final ConnectionState connection;
    private final SessionHandlers sessions;
    private final NegotiateHandler negotiate;
    private final TreeHandlers trees;
    private final FileHandlers files;
    private final CreateHandler creates;
    private final DataHandlers data;
    private final IoctlHandler ioctl;

    /** A dispatcher for one connection. */
    public Dispatcher(ServerState server, ConnectionState connection, PendingRequests pending) {
        this.all = server.sessions();
        this.connection = connection;
        var calls = new Calls(server, connection);
        var endings = new Endings(server, connection, pending);
        this.negotiate = new NegotiateHandler(server, connection);
        this.sessions = new SessionHandlers(server, connection, endings, pending);
        this.trees = new TreeHandlers(server, endings);
        this.files = new FileHandlers(calls, server);
        this.creates = new CreateHandler(calls, server);
        this.data = new DataHandlers(calls, server, connection);
        this.ioctl = new IoctlHandler(calls, server, connection);
    }

    /** Answers an SMB1 NEGOTIATE that offers SMB2. 3.3.5.3.1 */
    public Negotiate.Response answerSmb1() {
        return negotiate.wildcard();
    }

    /** The connection is gone, and with it one of a session's channels. */
    public void lost(Channel channel, Runnable then) {
        sessions.lost(channel, then);
    }

    /** Starts a request; its end is told to the exchange's sink, perhaps before this returns. */
    public void start(Exchange exchange) {
        NtStatus refusal = check(exchange);
        if (refusal != null) {
            sessions.refused(exchange);
            exchange.finish(Outcome.failed(refusal));
            return;
        }
        Smb2Request request = exchange.incoming.request();
        if (request == null) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        switch (request) {
            case Negotiate.Request r -> negotiate.handle(exchange, r);
            case SessionSetup.Request r -> sessions.setup(exchange, r);
            case Logoff.Request _ -> sessions.logoff(exchange);
            case TreeConnect.Request r -> trees.connect(exchange, r);
            case TreeDisconnect.Request _ -> trees.disconnect(exchange);
            case Create.Request r -> creates.create(exchange, r);
            case Close.Request r -> files.close(exchange, r);
            case Flush.Request r -> files.flush(exchange, r);
            case Read.Request r -> data.read(exchange, r);
            case Write.Request r -> data.write(exchange, r);
            case Lock.Request r -> files.lock(exchange, r);
            case Ioctl.Request r -> ioctl.handle(exchange, r);
            case Cancel.Request _ -> throw new IllegalStateException("CANCEL is the connection's own business");
            case Echo.Request _ -> exchange.finish(Outcome.done(new Echo.Response()));
            case QueryDirectory.Request r -> files.queryDirectory(exchange, r);
            case ChangeNotify.Request r -> files.changeNotify(exchange, r);
            case QueryInfo.Request r -> files.queryInfo(exchange, r);
            case SetInfo.Request r -> files.setInfo(exchange, r);
            case OplockBreak.Acknowledgment r -> files.acknowledge(exchange, r);
            case LeaseBreak.Acknowledgment r -> files.acknowledge(exchange, r);
        }
    }

    /** All checks in the document's order; null where the handler may run. */
    private @Nullable NtStatus check(Exchange exchange) {
        Incoming incoming = exchange.incoming;
        CommandTable row = CommandTable.of(incoming.command());
        // 3.3.5.2.9: the session.
        Channel channel = connection.sessions().get(incoming.sessionId());
        if (channel != null && channel.joining() && incoming.command() != Command.SESSION_SETUP) {
            channel = null; // not in the connection's table before it is bound
        }
        Session session = channel == null ? null : channel.session();
        exchange.channel = channel;
        exchange.session = session;
        if (row.needs(Needs.SESSION) && (channel == null || !channel.isValid())) {
            exchange.answersAsStranger(all);
            return NtStatus.USER_SESSION_DELETED;
        }
        Session.Secured secured =
                channel == null || channel.joining() ? null : channel.session().secured();
        if (secured != null) {
            NtStatus refusal = checkProtection(incoming, secured);
            if (refusal != null) {
                return refusal;
            }
        }
        // 3.3.5.2.11: the tree.
        if (session != null && row.needs(Needs.TREE)) {
            exchange.tree = session.trees().get(incoming.treeId());
            if (exchange.tree == null) {
                return NtStatus.NETWORK_NAME_DELETED;
            }
            if (exchange.tree.encrypts() && !incoming.encrypted()) {
                return NtStatus.ACCESS_DENIED;
            }
        }
        if (incoming.request() == null) {
            return NtStatus.INVALID_PARAMETER;
        }
        if (session != null && row.needs(Needs.FILE) && !asksServer(incoming, session)) {
            exchange.open = incoming.file() == null ? null : session.opens().find(incoming.file());
            if (exchange.open == null || exchange.open.tree() != exchange.tree) {
                exchange.open = null;
                return NtStatus.FILE_CLOSED;
            }
            return used(exchange, exchange.open);
        }
        return null;
    }

    /** Apple's client asks for the server's own messages by the file of all ones. */
    private static boolean asksServer(Incoming incoming, Session session) {
        return incoming.command() == Command.CHANGE_NOTIFY
                && FileId.PREVIOUS.equals(incoming.file())
                && session.notes().speaksApple();
    }

    /** 3.3.5.2.10: what changes something is not done where an earlier sending of it may still be under way. */
    static @Nullable NtStatus used(Exchange exchange, OpenEntry open) {
        Incoming incoming = exchange.incoming;
        DurableHandle durable = open.durable();
        if (durable != null) {
            durable.used();
        }
        boolean changes = switch (incoming.command()) {
            case WRITE, SET_INFO, IOCTL -> true;
            default -> false;
        };
        int sequence = incoming.header().status() & 0xffff;
        if (!changes) {
            open.sequence().see(sequence);
        } else {
            if (!open.sequence().enter(sequence, incoming.header().has(Header.REPLAY))) {
                return NtStatus.FILE_NOT_AVAILABLE;
            }
            exchange.countedBy(open);
        }
        return null;
    }

    /** 3.3.5.2.4 and 3.3.5.2.9: a wrong signature, a missing one, or plaintext where encryption was agreed. */
    private static @Nullable NtStatus checkProtection(Incoming incoming, Session.Secured secured) {
        if (incoming.encrypted()) {
            return null;
        }
        if (incoming.signature() == Signature.BAD) {
            return NtStatus.ACCESS_DENIED;
        }
        if (secured.signingRequired() && incoming.signature() == Signature.ABSENT) {
            return NtStatus.ACCESS_DENIED;
        }
        if (secured.encryptData() && incoming.command() != Command.SESSION_SETUP) {
            return NtStatus.ACCESS_DENIED;
        }
        return null;
    }
}
