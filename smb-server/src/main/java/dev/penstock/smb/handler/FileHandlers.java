package dev.penstock.smb.handler;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.state.DurableHandle;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileInformation;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.OplockBreak;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.SetInfo;
import java.util.Objects;

/** What is done with a share or an open, but for its data. [MS-SMB2] 3.3.5.9 to 3.3.5.21. */
final class FileHandlers {
    private final Calls calls;
    private final ServerState server;

    FileHandlers(Calls calls, ServerState server) {
        this.calls = calls;
        this.server = server;
    }

    /** OPLOCK_BREAK for an oplock. 3.3.5.22.1 */
    void acknowledge(Exchange exchange, OplockBreak.Acknowledgment request) {
        Session session = Objects.requireNonNull(exchange.session);
        exchange.open = session.opens().find(request.file());
        if (exchange.open == null || exchange.open.tree() != exchange.tree) {
            exchange.open = null;
            exchange.finish(Outcome.failed(NtStatus.FILE_CLOSED));
            return;
        }
        Open open = exchange.open.open();
        RequestContext context = calls.context(exchange);
        calls.call(exchange, () -> open.acknowledgeOplock(context, request));
    }

    /** OPLOCK_BREAK for a lease. 3.3.5.22.2 */
    void acknowledge(Exchange exchange, LeaseBreak.Acknowledgment request) {
        Share share = Objects.requireNonNull(exchange.tree).share();
        RequestContext context = calls.context(exchange);
        calls.run(
                share.inline(),
                () -> share.acknowledgeLease(context, request),
                outcome -> calls.end(exchange, outcome));
    }

    void close(Exchange exchange, Close.Request request) {
        OpenEntry entry = Objects.requireNonNull(exchange.open);
        if (!Objects.requireNonNull(exchange.session).opens().remove(entry)) {
            exchange.finish(Outcome.failed(NtStatus.FILE_CLOSED));
            return;
        }
        DurableHandle durable = entry.durable();
        if (durable != null) {
            server.durables().remove(durable);
        }
        RequestContext context = calls.context(exchange);
        Open open = entry.open();
        // The last call may have been another connection's.
        entry.whenIdle(() -> calls.onLoop(() ->
                calls.run(open.inline(), () -> open.close(context, request), outcome -> calls.end(exchange, outcome))));
    }

    void flush(Exchange exchange, Flush.Request request) {
        Open open = Objects.requireNonNull(exchange.open).open();
        RequestContext context = calls.context(exchange);
        calls.call(exchange, () -> open.flush(context, request));
    }

    void lock(Exchange exchange, Lock.Request request) {
        if (request.elements().isEmpty()) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER)); // 3.3.5.14
            return;
        }
        OpenEntry entry = Objects.requireNonNull(exchange.open);
        RequestContext context = calls.context(exchange);
        boolean remembered = calls.remembersLocks(entry);
        if (remembered && entry.locks().isRepeated(request.lockSequence())) {
            exchange.finish(Outcome.done(new Lock.Response()));
            return;
        }
        if (remembered) {
            exchange.whenSucceeded(() -> entry.locks().succeeded(request.lockSequence()));
        }
        calls.call(exchange, () -> entry.open().lock(context, request));
    }

    void queryDirectory(Exchange exchange, QueryDirectory.Request request) {
        if (tooLong(exchange, request.outputBufferLength())) {
            return;
        }
        inOrder(exchange, (open, context) -> open.queryDirectory(context, request));
    }

    private interface Call {
        Outcome make(Open open, RequestContext context);
    }

    /** A listing has a position, and of two requests for changes the first is told of the first change: one after the other. */
    private void inOrder(Exchange exchange, Call call) {
        OpenEntry entry = calls.enter(exchange);
        if (entry == null) {
            return;
        }
        RequestContext context = calls.context(exchange);
        entry.search(() -> calls.run(entry.open().inline(), () -> call.make(entry.open(), context), outcome -> {
            entry.searchEnded();
            entry.leave();
            calls.end(exchange, outcome);
        }));
    }

    void changeNotify(Exchange exchange, ChangeNotify.Request request) {
        if (tooLong(exchange, request.outputBufferLength())) {
            return;
        }
        if (exchange.open == null) {
            calls.end(exchange, server.clients().messages().next());
            return;
        }
        inOrder(exchange, (open, context) -> open.changeNotify(context, request));
    }

    void queryInfo(Exchange exchange, QueryInfo.Request request) {
        if (tooLong(
                exchange, Math.max(request.outputBufferLength(), request.input().length()))) {
            return;
        }
        Open open = Objects.requireNonNull(exchange.open).open();
        RequestContext context = calls.context(exchange);
        calls.call(exchange, () -> open.queryInfo(context, request));
    }

    void setInfo(Exchange exchange, SetInfo.Request request) {
        if (tooLong(exchange, request.buffer().length())) {
            return;
        }
        Open open = Objects.requireNonNull(exchange.open).open();
        RequestContext context = calls.context(exchange);
        boolean names = request.infoType() == QueryInfo.INFO_FILE
                && switch (request.fileInfoClass()) {
                    case FileInformation.RENAME, FileInformation.LINK, FileInformation.DISPOSITION -> true;
                    default -> false;
                };
        if (names) {
            calls.callForName(exchange, () -> open.setInfo(context, request));
        } else {
            calls.call(exchange, () -> open.setInfo(context, request));
        }
    }

    private boolean tooLong(Exchange exchange, long bytes) {
        boolean refused = bytes > server.policy().maxTransact() || !Credits.cover(exchange.incoming.header(), bytes);
        if (refused) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
        }
        return refused;
    }
}
