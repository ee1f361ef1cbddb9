package dev.penstock.smb.connection;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.handler.Exchange;
import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.ErrorResponse;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.OplockBreak;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.Smb2Response;
import dev.penstock.smb.wire.smb2.Write;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs the members of one message one after the other and answers them together. [MS-SMB2] 3.3.5.2.7. What a related member takes over from
 * the one before it is kept here. On the connection's loop.
 */
final class Chain implements Exchange.Sink {
    private final Connection connection;
    private final List<Member> members;
    private final @Nullable Channel encryptor;
    private final long arrivalNanos;
    private final List<Reply> replies = new ArrayList<>();
    private int index = -1;
    private boolean running;
    private boolean stepDue;

    private int treeId;
    private @Nullable FileId file;
    private @Nullable NtStatus inherited;
    private boolean unbound;

    /** The member before, whose session the next one is in where it is related to it. */
    private @Nullable Exchange before;

    private @Nullable Exchange current;
    private long startedNanos;
    private @Nullable Exchange waiting;
    private long asyncId;
    private boolean refusedToWait;
    private boolean cancelled;

    Chain(Connection connection, List<Member> members, @Nullable Channel encryptor, long arrivalNanos) {
        this.connection = connection;
        this.members = members;
        this.encryptor = encryptor;
        this.arrivalNanos = arrivalNanos;
    }

    /** Runs members until one of them has to wait. A loop, so that a long compound does not nest. */
    void run() {
        stepDue = true;
        if (running) {
            return;
        }
        running = true;
        while (stepDue && !connection.isClosed()) {
            stepDue = false;
            index++;
            if (index == members.size()) {
                if (!replies.isEmpty()) {
                    connection.writer().send(replies, encryptor);
                }
                break;
            }
            start(members.get(index));
        }
        running = false;
    }

    private void start(Member member) {
        NtStatus refusal = takeOver(member);
        Command command = member.command();
        if (refusal == null && command == null) {
            refusal = NtStatus.INVALID_PARAMETER;
        }
        if (refusal != null || command == null) {
            member.release();
            Exchange above = member.related() && !unbound ? before : null;
            Channel channel = above == null ? null : above.channel();
            Session session = above == null ? null : above.session();
            var refused = Outcome.failed(refusal == null ? NtStatus.INVALID_PARAMETER : refusal);
            answer(member, null, refused, session, channel);
            run();
            return;
        }
        FileId named = member.request() == null ? null : fileOf(member.request());
        boolean previous = member.related() && FileId.PREVIOUS.equals(named);
        var exchange = new Exchange(
                new Exchange.Incoming(
                        member.header(),
                        command,
                        member.request(),
                        member.sessionId(),
                        treeId,
                        previous ? file : named,
                        member.signature(),
                        encryptor != null,
                        member.data(),
                        member.raw(),
                        fileRangeWelcome(member),
                        arrivalNanos),
                this);
        current = exchange;
        cancelled = false;
        connection.dispatcher().start(exchange);
        if (current == exchange) {
            startedNanos = System.nanoTime();
            connection.busy(this);
        }
    }

    /** Tells the client that an answer takes long, before it loses patience. Only the last member can be answered apart. 3.3.4.2 */
    void tellIfSlow(long now, long slowNanos) {
        if (current != null
                && asyncId == 0
                && index == members.size() - 1
                && current.incoming().command().compareTo(Command.CREATE) >= 0
                && now - startedNanos >= slowNanos) {
            pending(current, new Deferred(reason -> cancelled |= reason == Deferred.Reason.CANCEL));
        }
    }

    /** CANCEL by MessageId, for a request that does not wait yet, but may be about to. */
    void cancel(long messageId) {
        if (current != null && current.incoming().header().messageId() == messageId) {
            cancelled = true;
        }
    }

    /** Why a request that starts to wait is not to wait at all: what could have ended it came first. */
    private Deferred.@Nullable Reason overtaken(Exchange exchange) {
        Session session = exchange.session();
        if (session != null && session.ended()) {
            return Deferred.Reason.SESSION_ENDED;
        }
        if (session != null
                && exchange.tree() != null
                && session.trees().get(exchange.tree().id()) != exchange.tree()) {
            return Deferred.Reason.TREE_ENDED;
        }
        return cancelled ? Deferred.Reason.CANCEL : null;
    }

    /** What is inherited: session and tree always, the file where it is named by all ones, and the error of a CREATE that failed. */
    private @Nullable NtStatus takeOver(Member member) {
        if (!member.related()) {
            treeId = member.header().treeId();
            file = null;
            inherited = null;
            unbound = false;
            return null;
        }
        if (index == 0) {
            unbound = true; // related to nothing, and so is all that is related to it
        }
        if (unbound) {
            return NtStatus.INVALID_PARAMETER;
        }
        FileId named = member.request() == null ? null : fileOf(member.request());
        if (FileId.PREVIOUS.equals(named)) {
            if (inherited != null) {
                return inherited;
            }
            if (file == null && member.command() != Command.IOCTL) {
                return NtStatus.INVALID_PARAMETER;
            }
        }
        return null;
    }

    /** The kernel can send only what nobody has to look at: nothing signed, nothing encrypted, no compound that needs padding. */
    private boolean fileRangeWelcome(Member member) {
        Channel channel = connection.state().sessions().get(member.sessionId());
        Session session = channel == null || channel.keys() == null ? null : channel.session();
        return member.request() instanceof Read.Request read
                && read.channel() == Read.CHANNEL_NONE
                && members.size() == 1
                && encryptor == null
                && member.signature() == Signature.ABSENT
                && session != null
                && session.secured() != null
                && !session.secured().signingRequired()
                && connection.state().link().sendsFiles();
    }

    @Override
    public void finished(Exchange exchange, Outcome.Final outcome) {
        Member member = members.get(index);
        member.release();
        current = null;
        connection.idle(this);
        if (connection.isClosed()) {
            release(outcome);
            return;
        }
        boolean failed = outcome instanceof Outcome.Failed;
        unbound = exchange.session() == null && member.command() != Command.ECHO; // nothing to inherit: 3.3.5.2.7.2
        if (exchange.tree() != null) {
            treeId = exchange.tree().id();
        }
        file = failed && member.command() == Command.CREATE ? null : exchange.usedFile();
        inherited = member.command() == Command.CREATE && outcome instanceof Outcome.Failed f ? f.status() : inherited;
        if (member.command() == Command.CREATE && !failed) {
            inherited = null;
        }
        if (waiting == exchange && asyncId != 0) {
            connection.pending().remove(asyncId);
        }
        Outcome.Final told = refusedToWait ? refusedToWait(outcome) : outcome;
        refusedToWait = false;
        before = exchange;
        answer(member, exchange, told, exchange.session(), exchange.channel());
        run();
    }

    /** A member in the middle cannot answer later than those behind it. */
    private static Outcome.Final refusedToWait(Outcome.Final outcome) {
        release(outcome);
        return Outcome.failed(NtStatus.INTERNAL_ERROR);
    }

    @Override
    public void pending(Exchange exchange, Deferred deferred) {
        if (waiting == exchange && asyncId != 0) {
            connection.pending().replace(asyncId, exchange, deferred); // it was only slow until now
            cancelIfOvertaken(exchange, deferred);
            return;
        }
        waiting = exchange;
        boolean last = index == members.size() - 1;
        if (!last && waitsSilently(exchange.incoming().command())) {
            cancelIfOvertaken(exchange, deferred);
            return;
        }
        asyncId = last ? connection.pending().add(exchange, deferred) : 0;
        if (asyncId == 0) {
            refusedToWait = true;
            deferred.cancel(Deferred.Reason.CANCEL);
            return;
        }
        if (!replies.isEmpty()) {
            connection.writer().send(List.copyOf(replies), encryptor);
            replies.clear();
        }
        Header request = members.get(index).header();
        var interim = new Header(
                request.creditCharge(),
                NtStatus.PENDING.value(),
                request.command(),
                connection.grant(request),
                Header.SERVER_TO_REDIR | Header.ASYNC,
                0,
                request.messageId(),
                asyncId,
                0,
                request.sessionId());
        // Not signed: its nonce would be that of the final answer, and clients do not look. 3.3.4.2
        connection.writer().send(List.of(new Reply(interim, ErrorResponse.EMPTY, null, null, null)), encryptor);
        cancelIfOvertaken(exchange, deferred);
    }

    /**
     * What may wait in front of others: those behind it wait, too, and nothing is said until then. A CREATE, since they need its file; and a
     * SET_INFO, which waits for no more than what other clients keep of a file that is replaced or removed. Linux sends a rename between
     * the opening and the closing, and would take a refusal for an error of the disk.
     */
    private static boolean waitsSilently(Command command) {
        return command == Command.CREATE || command == Command.SET_INFO;
    }

    private void cancelIfOvertaken(Exchange exchange, Deferred deferred) {
        Deferred.Reason reason = overtaken(exchange);
        if (reason != null) {
            deferred.cancel(reason);
        }
    }

    @Override
    public void disconnect(Exchange exchange, String reason) {
        members.get(index).release();
        current = null;
        connection.disconnect(reason);
    }

    private void answer(
            Member member,
            @Nullable Exchange exchange,
            Outcome.Final outcome,
            @Nullable Session session,
            @Nullable Channel channel) {
        boolean refusal = outcome instanceof Outcome.Failed;
        MessageSigner signer = channel == null ? null : channel.signer();
        if (refusal && exchange != null) {
            signer = exchange.refusalSigner();
        }
        Header request = member.header();
        boolean async = asyncId != 0;
        // Without a key of its own this connection signs only what was asked for under the session's: it is no oracle.
        boolean own = channel != null && channel.keys() != null;
        boolean sign = encryptor == null
                && session != null
                && signer != null
                && session.secured() != null
                && (member.signature() == Signature.GOOD
                        || (exchange != null && own && exchange.mustSign())
                        || (own && session.secured().signingRequired()));
        // What is refused to a session that is not on this connection, and is not to be signed, says that it is all the
        // same, and its
        // signature is zero: as with Windows, whose clients want the flag before they look at the status. 3.2.5.1.3
        boolean flagged = sign || (!own && refusal && encryptor == null && request.has(Header.SIGNED));
        int flags = Header.SERVER_TO_REDIR
                | (member.related() ? Header.RELATED : 0)
                | (flagged ? Header.SIGNED : 0)
                | (async ? Header.ASYNC : 0);
        NtStatus status;
        Smb2Response body;
        Payload payload = null;
        switch (outcome) {
            case Outcome.Done done -> {
                status = done.status();
                body = done.response();
                payload = done.payload();
            }
            case Outcome.Failed failed -> {
                status = failed.status();
                var agreement = connection.state().agreement();
                body = ErrorResponse.of(failed.data(), agreement != null && agreement.dialect() == Negotiate.SMB_311);
            }
            case Outcome.Opened _ -> throw new IllegalStateException("an open that nobody took");
        }
        var header = new Header(
                request.creditCharge(),
                status.value(),
                request.command(),
                async ? 0 : connection.grant(request),
                flags,
                0,
                request.messageId(),
                asyncId,
                exchange == null || exchange.tree() == null
                        ? treeId
                        : exchange.tree().id(),
                session == null ? request.sessionId() : session.id());
        replies.add(
                new Reply(header, body, payload, sign ? signer : null, exchange == null ? null : exchange.onEncoded()));
    }

    private static void release(Outcome.Final outcome) {
        if (outcome instanceof Outcome.Done done && done.payload() != null) {
            done.payload().release();
        }
    }

    private static @Nullable FileId fileOf(Smb2Request request) {
        return switch (request) {
            case Close.Request r -> r.file();
            case Flush.Request r -> r.file();
            case Read.Request r -> r.file();
            case Write.Request r -> r.file();
            case Lock.Request r -> r.file();
            case Ioctl.Request r -> r.file();
            case QueryDirectory.Request r -> r.file();
            case ChangeNotify.Request r -> r.file();
            case QueryInfo.Request r -> r.file();
            case SetInfo.Request r -> r.file();
            case OplockBreak.Acknowledgment r -> r.file();
            default -> null;
        };
    }
}
