package dev.penstock.smb.handler;

import dev.penstock.smb.auth.Authentication;
import dev.penstock.smb.auth.Authentication.Failure;
import dev.penstock.smb.auth.Authentication.More;
import dev.penstock.smb.auth.Authentication.Success;
import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.User;
import dev.penstock.smb.crypto.MessageCipher;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.crypto.SessionKeys;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.ConnectionState.Agreement;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Tree;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.SessionSetup;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** SESSION_SETUP and LOGOFF. [MS-SMB2] 3.3.5.5, 3.3.5.6. */
final class SessionHandlers {
    private static final Logger LOG = LoggerFactory.getLogger(SessionHandlers.class);

    /** What the requests of a session that its client has replaced may take to end by themselves. */
    private static final long PATIENCE_MILLIS = 1000;

    private final ServerState server;
    private final ConnectionState connection;
    private final Endings endings;
    private final Session.Line line;

    SessionHandlers(ServerState server, ConnectionState connection, Endings endings, PendingRequests pending) {
        this.server = server;
        this.connection = connection;
        this.endings = endings;
        this.line = new ThisLine(connection, pending);
    }

    void setup(Exchange exchange, SessionSetup.Request request) {
        Agreement agreement = connection.agreement();
        if (agreement == null) {
            exchange.sink.disconnect(exchange, "SESSION_SETUP before NEGOTIATE");
            return;
        }
        boolean binds = request.binds();
        NtStatus refusal = refusal(exchange, agreement, binds);
        if (refusal == null && binds) {
            refusal = Binding.refusal(exchange, agreement, server.sessions());
        }
        if (refusal != null) {
            refused(exchange);
            exchange.answersAsStranger(server.sessions());
            exchange.answersInPlaceOfInterim(refusal == NtStatus.INSUFFICIENT_RESOURCES);
            exchange.finish(Outcome.failed(refusal));
            return;
        }
        Channel channel = exchange.channel;
        if (channel == null) {
            channel = binds ? bindingChannel(exchange) : newChannel();
            exchange.channel = channel;
            exchange.session = channel.session();
        } else if (channel.authentication() == null) {
            channel.authentication(authentication(true)); // the same client proves itself once more
        }
        if (channel.keys() == null && agreement.dialect() == Negotiate.SMB_311) {
            channel.preauth(channel.preauth().with(exchange.incoming.raw()));
        }
        Authentication authentication = Objects.requireNonNull(channel.authentication());
        Authentication.Result result;
        try {
            result = authentication.accept(request.token().toArray());
        } catch (MalformedMessage e) {
            fail(exchange, channel, new Failure("", "malformed token", true), NtStatus.INVALID_PARAMETER);
            return;
        }
        switch (result) {
            case More more -> more(exchange, channel, more, agreement);
            case Success success -> succeed(exchange, channel, request, success, agreement);
            case Failure failure -> fail(exchange, channel, failure, NtStatus.LOGON_FAILURE);
        }
    }

    private @Nullable NtStatus refusal(Exchange exchange, Agreement agreement, boolean binds) {
        if (server.policy().encrypt() && agreement.cipher() == 0) {
            return NtStatus.ACCESS_DENIED;
        }
        if (exchange.channel == null) {
            boolean known =
                    exchange.incoming.sessionId() == 0 || server.sessions().find(exchange.incoming.sessionId()) != null;
            if (!known || (exchange.incoming.sessionId() != 0 && !binds)) {
                return NtStatus.USER_SESSION_DELETED;
            }
            if (connection.sessions().size() >= ConnectionState.MAX_SESSIONS) {
                connection
                        .sessions()
                        .values()
                        .removeIf(channel -> channel.session().ended());
            }
            return connection.sessions().size() >= ConnectionState.MAX_SESSIONS
                    ? NtStatus.INSUFFICIENT_RESOURCES
                    : null;
        }
        // What joins a session proves the session's key with each of its messages: 3.3.5.5 asks for that only where the
        // flag is set.
        boolean strays = exchange.channel.joining() && !binds;
        return strays || exchange.channel.session().ended() ? NtStatus.USER_SESSION_DELETED : null;
    }

    private Channel newChannel() {
        var channel = new Channel(server.sessions().create(), false, authentication(false), connection.preauth());
        connection.sessions().put(channel.session().id(), channel);
        return channel;
    }

    /** Whoever asks for this has shown the session's key. Nothing of the session itself changes before the user is known, too. */
    private Channel bindingChannel(Exchange exchange) {
        Session session = Objects.requireNonNull(server.sessions().find(exchange.incoming.sessionId()));
        var channel = new Channel(session, true, authentication(false), connection.preauth());
        Session.Secured secured = Objects.requireNonNull(session.secured());
        channel.sessionSigner(secured.signer());
        connection.sessions().put(session.id(), channel);
        return channel;
    }

    private Authentication authentication(boolean anonymousWelcome) {
        return new Authentication(server.users(), anonymousWelcome, server.name(), server.clock());
    }

    private void more(Exchange exchange, Channel channel, More more, Agreement agreement) {
        if (channel.keys() == null && agreement.dialect() == Negotiate.SMB_311) {
            exchange.onEncoded(bytes -> channel.preauth(channel.preauth().with(bytes)));
        }
        exchange.finish(
                new Outcome.Done(NtStatus.MORE_PROCESSING_REQUIRED, new SessionSetup.Response(0, more.token()), null));
    }

    private void fail(Exchange exchange, Channel channel, Failure failure, NtStatus status) {
        server.counters().logonFailures.increment();
        String peer = connection.link().peer();
        LOG.info("logon of '{}' from {} refused: {}", failure.user(), peer, failure.reason());
        giveUp(channel);
        long wait = failure.guess() ? server.failureDelay().failed(peer, failure.user()) : 0;
        connection.link().schedule(() -> exchange.finish(Outcome.failed(status)), wait);
    }

    /** Nothing is left of a binding that was refused in the middle: it starts anew, with a hash of its own. */
    void refused(Exchange exchange) {
        if (exchange.channel != null && exchange.channel.joining()) {
            giveUp(exchange.channel);
        }
    }

    /** An attempt has failed: of a session that was not there before, the session ends; of a further connection to one, the attempt. */
    private void giveUp(Channel channel) {
        if (channel.joining()) {
            connection.sessions().remove(channel.session().id());
        } else {
            end(channel.session(), Deferred.Reason.SESSION_ENDED, () -> {});
        }
    }

    private void succeed(
            Exchange exchange, Channel channel, SessionSetup.Request request, Success success, Agreement agreement) {
        channel.authentication(null);
        server.failureDelay().succeeded(connection.link().peer(), success.user());
        Session session = channel.session();
        Session.Secured before = session.secured();
        boolean encrypt = server.policy().encrypt() && agreement.cipher() != 0;
        if (channel.joining()) {
            NtStatus refusal = join(session, success.user());
            if (refusal != null || before == null) {
                giveUp(channel);
                exchange.finish(Outcome.failed(refusal == null ? NtStatus.REQUEST_NOT_ACCEPTED : refusal));
                return;
            }
            SessionKeys own = keys(channel, success, agreement);
            channel.secure(channelKeys(own, before.keys(), agreement));
        } else if (before == null) {
            SessionKeys keys = keys(channel, success, agreement);
            boolean signs =
                    ((request.securityMode() | agreement.serverSecurityMode()) & Negotiate.SIGNING_REQUIRED) != 0;
            var terms = new Session.Terms(
                    agreement.dialect(), agreement.clientGuid(), agreement.cipher(), agreement.signingAlgorithm());
            channel.secure(channelKeys(keys, keys, agreement));
            session.join(line);
            session.secure(new Session.Secured(new User(success.user()), keys, terms, encrypt, signs));
            server.counters().sessions.increment();
        } else {
            session.secure(before.withUser(new User(success.user())));
        }
        // Only now: whoever has merely named a client's GUID is not told of that client's leases.
        server.clients().add(agreement.clientGuid(), connection.notifier());
        exchange.mustSign(true);
        var response = new SessionSetup.Response(encrypt ? SessionSetup.SESSION_ENCRYPT_DATA : 0, success.token());
        Runnable answer = () -> exchange.finish(Outcome.done(response));
        long previous = request.previousSessionId();
        if (before == null && previous != 0 && previous != session.id()) {
            endPrevious(previous, success.user(), answer);
        } else {
            answer.run();
        }
    }

    /** The last two questions before a connection is bound: whether the user is the session's, and whether there is room. */
    private @Nullable NtStatus join(Session session, String user) {
        Session.Secured secured = session.secured();
        if (secured == null || !secured.user().name().equals(user)) {
            return NtStatus.ACCESS_DENIED;
        }
        if (session.join(line)) {
            return null;
        }
        return session.ended() ? NtStatus.USER_SESSION_DELETED : NtStatus.INSUFFICIENT_RESOURCES;
    }

    private static SessionKeys keys(Channel channel, Success success, Agreement agreement) {
        return SessionKeys.derive(
                success.sessionKey().toArray(),
                agreement.dialect(),
                agreement.cipher(),
                channel.preauth().value());
    }

    /** A channel signs with its own key, and encrypts with the session's. */
    private static Channel.Keys channelKeys(SessionKeys own, SessionKeys session, Agreement agreement) {
        int cipher = agreement.cipher();
        return new Channel.Keys(
                MessageSigner.of(agreement.signingAlgorithm(), own.signing()),
                cipher == 0 ? null : MessageCipher.of(cipher, session.clientToServer()),
                cipher == 0 ? null : MessageCipher.of(cipher, session.serverToClient()));
    }

    /** The client lost a session and has come back: what it had open there must not stand in its way. 3.3.5.5.3 */
    private void endPrevious(long previous, String user, Runnable then) {
        Session found = server.sessions().find(previous);
        Session.Secured secured = found == null ? null : found.secured();
        if (found == null || secured == null || !secured.user().name().equals(user)) {
            then.run();
        } else {
            var isEnded = new AtomicBoolean();
            end(found, Deferred.Reason.SESSION_ENDED, () -> {
                isEnded.set(true);
                then.run();
            });
            // A transfer by RDMA from a client whose cable is out ends with its connection only.
            connection
                    .link()
                    .schedule(
                            () -> {
                                if (!isEnded.get()) {
                                    found.lines().forEach(lost -> lost.giveUp(found));
                                }
                            },
                            PATIENCE_MILLIS);
        }
    }

    void logoff(Exchange exchange) {
        Session session = Objects.requireNonNull(exchange.session);
        end(session, Deferred.Reason.SESSION_ENDED, () -> exchange.finish(Outcome.done(new Logoff.Response())));
    }

    /** Ends a session on all its connections; {@code then} runs on this one's loop when its files are closed. */
    private void end(Session session, Deferred.Reason reason, Runnable then) {
        server.sessions().remove(session);
        connection.sessions().remove(session.id());
        if (!session.end()) {
            then.run();
            return;
        }
        endings.end(session, null, reason, then);
    }

    /** The connection is gone. The session goes on if it has another. */
    void lost(Channel channel, Runnable then) {
        Session session = channel.session();
        connection.sessions().remove(session.id());
        if (channel.joining()) {
            then.run();
            return;
        }
        if (session.leave(line)) {
            end(session, Deferred.Reason.CONNECTION_ENDED, then);
        } else {
            line.cancel(session, null, Deferred.Reason.CHANNEL_ENDED);
            then.run();
        }
    }

    /** This connection, as the others of a session see it. */
    private record ThisLine(ConnectionState connection, PendingRequests pending) implements Session.Line {
        @Override
        public ConnectionState.Notifier notifier() {
            return connection.notifier();
        }

        @Override
        public void cancel(Session session, @Nullable Tree tree, Deferred.Reason reason) {
            connection.link().execute(() -> pending.cancelAll(session, tree, reason));
        }

        @Override
        public void giveUp(Session session) {
            connection.link().execute(() -> {
                if (connection.sessions().keySet().stream().allMatch(id -> id == session.id())) {
                    connection.link().close();
                }
            });
        }
    }
}
