package dev.penstock.smb.handler;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Tree;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.SetInfo;
import java.util.Objects;

/** What is done with a share or an open, but for its data. [MS-SMB2] 3.3.5.9 to 3.3.5.21. */
final class FileHandlers {
    private static final int MAX_IMPERSONATION_LEVEL = 3;

    private final Calls calls;
    private final ServerState server;

    FileHandlers(Calls calls, ServerState server) {
        this.calls = calls;
        this.server = server;
    }

    void create(Exchange exchange, Create.Request request) {
        if (request.impersonationLevel() < 0 || request.impersonationLevel() > MAX_IMPERSONATION_LEVEL) {
            exchange.finish(Outcome.failed(NtStatus.BAD_IMPERSONATION_LEVEL));
            return;
        }
        Tree tree = Objects.requireNonNull(exchange.tree);
        Share share = tree.share();
        RequestContext context = calls.context(exchange);
        calls.run(share.inline(), () -> share.create(context, request), outcome -> {
            if (outcome instanceof Outcome.Pending pending) {
                exchange.sink.pending(exchange, pending.deferred());
                pending.deferred().whenComplete(fin -> calls.onLoop(() -> created(exchange, tree, fin)));
            } else {
                created(exchange, tree, (Outcome.Final) outcome);
            }
        });
    }

    /** Puts what was opened into the session's table, unless tree or session have ended meanwhile. */
    private void created(Exchange exchange, Tree tree, Outcome.Final outcome) {
        if (!(outcome instanceof Outcome.Opened opened)) {
            exchange.finish(outcome);
            return;
        }
        Session session = Objects.requireNonNull(exchange.session);
        boolean alive = session.isValid() && session.trees().get(tree.id()) == tree;
        OpenEntry entry = alive ? session.opens().add(opened.open(), tree) : null;
        if (entry == null) {
            abandon(opened.open());
            exchange.finish(Outcome.failed(alive ? NtStatus.TOO_MANY_OPENED_FILES : NtStatus.NETWORK_NAME_DELETED));
            return;
        }
        exchange.open = entry;
        exchange.finish(Outcome.done(opened.response().withFile(entry.id())));
    }

    private void abandon(Open open) {
        calls.run(
                open.inline(),
                () -> {
                    open.abandon();
                    return Outcome.failed(NtStatus.CANCELLED);
                },
                _ -> {});
    }

    void close(Exchange exchange, Close.Request request) {
        OpenEntry entry = Objects.requireNonNull(exchange.open);
        Objects.requireNonNull(exchange.session).opens().remove(entry);
        RequestContext context = calls.context(exchange);
        Open open = entry.open();
        entry.whenIdle(() ->
                calls.run(open.inline(), () -> open.close(context, request), outcome -> calls.end(exchange, outcome)));
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
        Open open = Objects.requireNonNull(exchange.open).open();
        RequestContext context = calls.context(exchange);
        calls.call(exchange, () -> open.lock(context, request));
    }

    void queryDirectory(Exchange exchange, QueryDirectory.Request request) {
        if (tooLong(exchange, request.outputBufferLength())) {
            return;
        }
        OpenEntry entry = Objects.requireNonNull(exchange.open);
        RequestContext context = calls.context(exchange);
        entry.enter();
        entry.search(
                () -> calls.run(entry.open().inline(), () -> entry.open().queryDirectory(context, request), outcome -> {
                    entry.searchEnded();
                    entry.leave();
                    calls.end(exchange, outcome);
                }));
    }

    void changeNotify(Exchange exchange, ChangeNotify.Request request) {
        if (tooLong(exchange, request.outputBufferLength())) {
            return;
        }
        Open open = Objects.requireNonNull(exchange.open).open();
        RequestContext context = calls.context(exchange);
        calls.call(exchange, () -> open.changeNotify(context, request));
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
        calls.call(exchange, () -> open.setInfo(context, request));
    }

    private boolean tooLong(Exchange exchange, long bytes) {
        boolean refused = bytes > server.policy().maxTransact() || !Credits.cover(exchange.incoming.header(), bytes);
        if (refused) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
        }
        return refused;
    }
}
