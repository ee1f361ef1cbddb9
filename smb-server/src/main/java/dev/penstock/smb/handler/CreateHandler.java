package dev.penstock.smb.handler;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.state.DurableHandle;
import dev.penstock.smb.state.Durables.Found;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Tree;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.AppInstanceId;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.CreateContext;
import dev.penstock.smb.wire.smb2.DurableContext;
import dev.penstock.smb.wire.smb2.Header;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** CREATE: a new handle, the same handle again, or one that waited for its client. [MS-SMB2] 3.3.5.9. */
final class CreateHandler {
    private static final int MAX_IMPERSONATION_LEVEL = 3;

    private final Calls calls;
    private final ServerState server;
    private final AppInstances instances;

    CreateHandler(Calls calls, ServerState server) {
        this.calls = calls;
        this.server = server;
        this.instances = new AppInstances(calls, server);
    }

    /** A CREATE under way. */
    private record Step(
            Exchange exchange,
            Create.Request request,
            Tree tree,
            ClientHolder holder,
            RequestContext context,
            @Nullable DurableContext durable) {
        Guid client() {
            return context.client().guid();
        }

        DurableHandle.Owner owner() {
            return new DurableHandle.Owner(context.user().name(), client(), tree, context.sessionId());
        }
    }

    void create(Exchange exchange, Create.Request request) {
        Tree tree = Objects.requireNonNull(exchange.tree);
        boolean disk = tree.share().type() == Share.Type.DISK;
        DurableContext durable;
        try {
            durable = disk ? DurableContext.of(request) : null;
            AppInstanceId.check(request);
        } catch (MalformedMessage e) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        boolean asks = request.impersonationLevel() >= 0 && request.impersonationLevel() <= MAX_IMPERSONATION_LEVEL;
        if (!asks && !(durable instanceof DurableContext.Reconnect)) {
            exchange.finish(Outcome.failed(NtStatus.BAD_IMPERSONATION_LEVEL));
            return;
        }
        RequestContext plain = calls.context(exchange);
        var holder = new ClientHolder(
                server, Objects.requireNonNull(exchange.session), plain.client().guid(), calls.notifier());
        var step = new Step(exchange, request, tree, holder, plain.withHolder(holder), durable);
        switch (durable) {
            case DurableContext.Reconnect back -> reconnect(step, back);
            case DurableContext.RequestV2 second -> createOnce(step, second);
            case DurableContext.Request _ -> open(step);
            case null -> open(step);
        }
    }

    /** 3.3.5.9.10: the same CREATE is not done twice. */
    private void createOnce(Step step, DurableContext.RequestV2 asked) {
        step.exchange.letOutliveChannel();
        boolean replay = step.exchange.incoming.header().has(Header.REPLAY);
        switch (server.durables().creating(step.client(), asked.createGuid())) {
            case Found.Nothing _ -> instances.closeOther(step.request, step.owner(), () -> open(step));
            case Found.Pending _ ->
                step.exchange.finish(
                        Outcome.failed(replay ? NtStatus.FILE_NOT_AVAILABLE : NtStatus.DUPLICATE_OBJECTID));
            case Found.Handle found -> {
                boolean mac =
                        Objects.requireNonNull(step.exchange.session).notes().speaksApple();
                if (mac && found.waiting()) {
                    giveUnheard(step, found.handle());
                } else if (!replay) {
                    step.exchange.finish(Outcome.failed(NtStatus.DUPLICATE_OBJECTID));
                } else {
                    answerAgain(step, found);
                }
            }
        }
    }

    private void answerAgain(Step step, Found.Handle found) {
        DurableHandle handle = found.handle();
        NtStatus refusal = DurableRules.againstReplay(handle, step.owner(), step.request, found.waiting());
        Session session = Objects.requireNonNull(step.exchange.session);
        OpenEntry entry =
                refusal == null ? session.opens().find(handle.response().file()) : null;
        if (entry == null) {
            step.exchange.finish(Outcome.failed(refusal == null ? NtStatus.FILE_NOT_AVAILABLE : refusal));
            return;
        }
        step.exchange.open = entry;
        calls.run(
                false,
                () -> Outcome.done(
                        DurableRules.again(handle, step.request, entry.open().lease())),
                outcome -> calls.end(step.exchange, outcome));
    }

    /**
     * A Mac that lost its only connection before the answer to a CREATE came sends it again as if for the first time: it gets the handle
     * that it never heard of, and the answer that it missed. By the document it would be told that there is one, and its user would read
     * that of the file.
     */
    private void giveUnheard(Step step, DurableHandle handle) {
        NtStatus refusal = DurableRules.againstUnheard(handle, step.owner(), step.request);
        DurableHandle back = refusal == null ? server.durables().attach(handle, step.owner()) : null;
        if (back == null) {
            step.exchange.finish(Outcome.failed(refusal == null ? NtStatus.DUPLICATE_OBJECTID : refusal));
            return;
        }
        resume(step, back, true);
    }

    private void open(Step step) {
        calls.afterNames(() -> openNow(step));
    }

    private void openNow(Step step) {
        Share share = step.tree.share();
        calls.run(share.inline(), () -> share.create(step.context, step.request), outcome -> {
            if (outcome instanceof Outcome.Pending pending) {
                step.exchange.sink.pending(step.exchange, pending.deferred());
                pending.deferred().whenComplete(fin -> calls.onLoop(() -> created(step, fin)));
            } else {
                created(step, (Outcome.Final) outcome);
            }
        });
    }

    /** Puts what was opened into the session's table, unless tree or session have ended meanwhile. */
    private void created(Step step, Outcome.Final outcome) {
        if (outcome instanceof Outcome.Opened opened) {
            give(step, opened, null);
        } else {
            step.exchange.finish(outcome);
        }
        if (step.durable instanceof DurableContext.RequestV2 asked) {
            server.durables().created(step.client(), asked.createGuid());
        }
    }

    private void give(Step step, Outcome.Opened opened, @Nullable DurableHandle back) {
        Exchange exchange = step.exchange;
        Session session = Objects.requireNonNull(exchange.session);
        boolean alive = session.isValid() && session.trees().get(step.tree.id()) == step.tree;
        Long persistent = back == null ? null : back.persistentId();
        OpenEntry entry = alive ? session.opens().add(opened.open(), step.tree, persistent) : null;
        // Another connection may have ended the session or the tree just now: either it found the entry, or it is taken
        // out here.
        boolean ended = !session.isValid() || session.trees().get(step.tree.id()) != step.tree;
        if (entry != null && ended && session.opens().remove(entry)) {
            entry = null;
            alive = false;
        }
        if (entry == null) {
            if (back != null) {
                server.durables().remove(back);
            }
            abandon(opened.open());
            exchange.finish(Outcome.failed(alive ? NtStatus.TOO_MANY_OPENED_FILES : NtStatus.NETWORK_NAME_DELETED));
            return;
        }
        Create.Response response = opened.response().withFile(entry.id());
        if (back != null) {
            entry.durable(back, () -> step.holder.gone(back));
        } else if (step.durable != null) {
            response = remember(step, entry, response, step.durable);
        }
        exchange.open = entry;
        exchange.finish(Outcome.done(response));
        step.holder.given(entry.id());
    }

    /** 3.3.5.9.6, 3.3.5.9.10. */
    private Create.Response remember(Step step, OpenEntry entry, Create.Response response, DurableContext asked) {
        long timeout = DurableRules.timeout(asked, response);
        Create.Response answer = response;
        if (timeout > 0) {
            CreateContext context = asked instanceof DurableContext.RequestV2 second
                    ? second.toResponse(timeout)
                    : new DurableContext.Request().toResponse();
            answer = response.with(context);
        }
        Guid guid = asked instanceof DurableContext.RequestV2 second ? second.createGuid() : null;
        if (timeout > 0 || guid != null) {
            var handle = new DurableHandle(
                    entry.id().persistentId(), entry.open(), step.owner(), guid, step.request, answer, timeout);
            entry.durable(handle, () -> step.holder.gone(handle));
            server.durables().add(handle);
        }
        return answer;
    }

    /** 3.3.5.9.7, 3.3.5.9.12. */
    private void reconnect(Step step, DurableContext.Reconnect asked) {
        DurableHandle handle = server.durables().waiting(asked.file().persistentId());
        NtStatus refusal = handle == null
                ? NtStatus.OBJECT_NAME_NOT_FOUND
                : DurableRules.againstReconnect(handle, step.owner(), asked, step.request);
        DurableHandle back =
                handle == null || refusal != null ? null : server.durables().attach(handle, step.owner());
        if (back == null) {
            step.exchange.finish(Outcome.failed(refusal == null ? NtStatus.OBJECT_NAME_NOT_FOUND : refusal));
            return;
        }
        resume(step, back, false);
    }

    /** Gives a handle that waited to the client that has come back for it. */
    private void resume(Step step, DurableHandle back, boolean firstAnswer) {
        calls.run(false, () -> back.open().resume(step.context, step.request), outcome -> {
            if (outcome instanceof Outcome.Opened opened) {
                Create.Response now = opened.response();
                give(
                        step,
                        firstAnswer ? new Outcome.Opened(opened.open(), DurableRules.missed(back, now)) : opened,
                        back);
            } else {
                server.durables().remove(back);
                abandon(back.open());
                calls.end(step.exchange, outcome);
            }
        });
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
}
