package dev.penstock.smb.connection;

import dev.penstock.memory.Lease;
import dev.penstock.smb.handler.Dispatcher;
import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.handler.PendingRequests;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Smb2Response;
import dev.penstock.smb.wire.smb2.TransformHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client's connection, whatever carries it. [MS-SMB2] 3.3.5.1 and 3.3.5.2. On the link's loop only. */
public final class Connection implements Link.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** Before anybody has logged on nothing longer is needed: a NEGOTIATE, and tokens of at most 64 KiB. */
    private static final int LIMIT_BEFORE_LOGON = 64 << 10;

    /** What a message has beside the data of its largest request: headers, other members of a compound. */
    private static final int HEADROOM = 64 << 10;

    /** A client that hears nothing for some ten seconds asks whether the server is there, or gives up. */
    private static final long SLOW_NANOS = 1_000_000_000L;

    private static final long WATCH_MILLIS = 500;

    private final ServerState server;
    private final ConnectionState state;
    private final Dispatcher dispatcher;
    private final PendingRequests pending = new PendingRequests();
    private final MemberReader reader;
    private final ReplyWriter writer;
    private final SequenceWindow window = new SequenceWindow();
    private final Runnable whenCleared;
    private final Set<Chain> waiting = new LinkedHashSet<>();
    private boolean watching;
    private boolean smb1Answered;

    private final Notifications notifications;

    /** Written by the loop; others look at it before they have something told. */
    private volatile boolean closed;

    /**
     * A connection that has just been made.
     *
     * @param whenCleared runs on the loop when the link is gone and all files are closed
     */
    public Connection(ServerState server, Link link, Runnable whenCleared) {
        this.server = server;
        this.state = new ConnectionState(link, this::tell);
        this.dispatcher = new Dispatcher(server, state, pending);
        this.reader = new MemberReader(state, server.sessions(), server.slabs());
        this.writer = new ReplyWriter(server, link);
        this.notifications = new Notifications(this, state, writer);
        this.whenCleared = whenCleared;
        server.counters().connections.increment();
    }

    ConnectionState state() {
        return state;
    }

    private boolean tell(Smb2Response body, @Nullable Session encryptor, Runnable whenLost) {
        return notifications.tell(body, encryptor, whenLost);
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    PendingRequests pending() {
        return pending;
    }

    ReplyWriter writer() {
        return writer;
    }

    boolean isClosed() {
        return closed;
    }

    /** A chain waits for something. */
    void busy(Chain chain) {
        waiting.add(chain);
        if (!watching) {
            watching = true;
            state.link().schedule(this::watch, WATCH_MILLIS);
        }
    }

    /** It waits no longer. */
    void idle(Chain chain) {
        waiting.remove(chain);
    }

    private void watch() {
        watching = !waiting.isEmpty() && !closed;
        if (watching) {
            long now = System.nanoTime();
            List.copyOf(waiting).forEach(chain -> chain.tellIfSlow(now, SLOW_NANOS));
            state.link().schedule(this::watch, WATCH_MILLIS);
        }
    }

    /** Credits for the answer to a request. */
    int grant(Header request) {
        return window.grant(request.credits(), state.isAuthenticated());
    }

    @Override
    public int messageLimit() {
        return state.isAuthenticated() ? server.policy().maxTransact() + HEADROOM : LIMIT_BEFORE_LOGON;
    }

    @Override
    public void received(ByteBuffer message) {
        take(message.slice().order(ByteOrder.LITTLE_ENDIAN), null);
    }

    @Override
    public void received(ByteBuffer message, Lease lease) {
        try {
            take(message.slice().order(ByteOrder.LITTLE_ENDIAN), lease);
        } finally {
            lease.release();
        }
    }

    private void take(ByteBuffer message, @Nullable Lease lease) {
        if (closed) {
            return;
        }
        try {
            int protocol = message.remaining() < 4 ? 0 : message.getInt(0);
            switch (protocol) {
                case Header.PROTOCOL_ID -> process(message, lease, null);
                case TransformHeader.PROTOCOL_ID -> decrypt(message, lease);
                case Smb1Opener.PROTOCOL_ID -> answerSmb1(message);
                default -> throw new MalformedMessage("not an SMB message");
            }
        } catch (MalformedMessage e) {
            disconnect(Objects.requireNonNullElse(e.getMessage(), "malformed"));
        } catch (RuntimeException | AssertionError e) {
            server.counters().bugs.increment();
            LOG.error(
                    "connection of {} is closed because of a defect",
                    state.link().peer(),
                    e);
            closeLink();
        }
    }

    private void answerSmb1(ByteBuffer message) throws MalformedMessage {
        if (smb1Answered || state.agreement() != null || !Smb1Opener.offersSmb2(message)) {
            throw new MalformedMessage("SMB1");
        }
        smb1Answered = true;
        window.consume(0, 1);
        var header = new Header(
                0, 0, Command.NEGOTIATE.code(), window.grant(1, false), Header.SERVER_TO_REDIR, 0, 0, 0, 0, 0);
        writer.send(List.of(new Reply(header, dispatcher.answerSmb1(), null, null, null)), null);
    }

    /** 3.3.5.2.1.1. The bytes are decrypted where they are. */
    private void decrypt(ByteBuffer message, @Nullable Lease lease) throws MalformedMessage {
        TransformHeader header = TransformHeader.decode(new WireReader(message));
        Channel channel = state.sessions().get(header.sessionId());
        Channel.Keys keys = channel == null ? null : channel.keys();
        if (keys == null || keys.decrypter() == null || header.flags() != TransformHeader.ENCRYPTED) {
            throw new MalformedMessage("encrypted for no session of this connection");
        }
        var nonce = new byte[keys.decrypter().nonceSize()];
        message.get(TransformHeader.NONCE, nonce);
        var associated = new byte[TransformHeader.SIZE - TransformHeader.NONCE];
        message.get(TransformHeader.NONCE, associated);
        var tag = new byte[16];
        message.get(TransformHeader.SIGNATURE, tag);
        ByteBuffer inner = message.slice(TransformHeader.SIZE, header.originalMessageSize());
        if (!keys.decrypter().decrypt(nonce, associated, inner, tag, inner.duplicate())) {
            server.counters().integrityFailures.increment();
            throw new MalformedMessage("an encrypted message was changed on its way");
        }
        process(inner, lease, channel);
    }

    private void process(ByteBuffer message, @Nullable Lease lease, @Nullable Channel decryptor)
            throws MalformedMessage {
        long arrival = System.nanoTime();
        List<Member> members = reader.read(message, lease, decryptor);
        var requests = new ArrayList<Member>(members.size());
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            try {
                if (admit(member)) {
                    requests.add(member);
                }
            } catch (MalformedMessage e) {
                members.forEach(Member::release);
                throw e;
            }
        }
        if (!requests.isEmpty()) {
            new Chain(this, requests, decryptor, arrival).run();
        }
    }

    /** Checks the sequence window, and takes care of CANCEL, which uses no credit and has no answer; true for all others. */
    private boolean admit(Member member) throws MalformedMessage {
        server.counters().requests.increment();
        Header header = member.header();
        if (member.signature() == Signature.BAD) {
            server.counters().integrityFailures.increment();
        }
        if (member.command() == Command.CANCEL) {
            cancel(member);
            return false;
        }
        WireReader.require(
                window.consume(header.messageId(), Math.max(1, header.creditCharge())), "MessageId out of the window");
        WireReader.require(
                state.agreement() != null || member.command() == Command.NEGOTIATE, "a request before NEGOTIATE");
        return true;
    }

    /** 3.3.5.16. One that is not protected as its session demands is dropped: it could come from anybody. */
    private void cancel(Member member) {
        Channel channel = state.sessions().get(member.sessionId());
        Session session = channel == null || channel.keys() == null ? null : channel.session();
        if (session == null || session.secured() == null || member.signature() == Signature.BAD) {
            return;
        }
        if (session.secured().signingRequired() && member.signature() != Signature.GOOD) {
            return;
        }
        if (member.header().has(Header.ASYNC)) {
            pending.cancel(member.header().asyncId());
        } else {
            pending.cancelMessage(member.header().messageId());
            waiting.forEach(chain -> chain.cancel(member.header().messageId()));
        }
    }

    /** The client broke a rule: nothing more is said to it. */
    void disconnect(String reason) {
        server.counters().malformed.increment();
        LOG.debug("connection of {} is closed: {}", state.link().peer(), reason);
        closeLink();
    }

    void closeLink() {
        state.link().close();
        closed();
    }

    @Override
    public void closed() {
        if (closed) {
            return;
        }
        closed = true;
        server.counters().disconnections.increment();
        if (state.agreement() != null) {
            server.clients().remove(state.agreement().clientGuid(), state.notifier());
        }
        List<Channel> channels = List.copyOf(state.sessions().values());
        var left = new AtomicInteger(channels.size() + 1);
        Runnable oneEnded = () -> {
            if (left.decrementAndGet() == 0) {
                whenCleared.run();
            }
        };
        for (Channel channel : channels) {
            dispatcher.lost(channel, oneEnded);
        }
        notifications.closed();
        oneEnded.run();
    }
}
