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
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.ConnectionState.Agreement;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.SessionSetup;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** SESSION_SETUP and LOGOFF. [MS-SMB2] 3.3.5.5, 3.3.5.6. */
final class SessionHandlers {
    private static final Logger LOG = LoggerFactory.getLogger(SessionHandlers.class);

    private final ServerState server;
    private final ConnectionState connection;
    private final Endings endings;
    private final SessionOwner owner;

    SessionHandlers(ServerState server, ConnectionState connection, Endings endings) {
        this.server = server;
        this.connection = connection;
        this.endings = endings;
        this.owner = new SessionOwner(connection, this);
    }

    void setup(Exchange exchange, SessionSetup.Request request) {
        Agreement agreement = connection.agreement();
        if (agreement == null) {
            exchange.sink.disconnect(exchange, "SESSION_SETUP before NEGOTIATE");
            return;
        }
        NtStatus refusal = refusal(exchange, request, agreement);
        if (refusal != null) {
            exchange.finish(Outcome.failed(refusal));
            return;
        }
        Session session = exchange.session;
        if (session == null) {
            session = new Session(server.sessions().register(owner), authentication(), connection.preauth());
            connection.sessions().put(session.id(), session);
            exchange.session = session;
        } else if (session.authentication() == null) {
            session.authentication(authentication()); // the same client proves itself once more
        }
        if (session.secured() == null && agreement.dialect() == Negotiate.SMB_311) {
            session.preauth(session.preauth().with(exchange.incoming.raw()));
        }
        Authentication authentication = Objects.requireNonNull(session.authentication());
        Authentication.Result result;
        try {
            result = authentication.accept(request.token().toArray());
        } catch (MalformedMessage e) {
            result = new Failure("", "malformed token");
        }
        switch (result) {
            case More more -> more(exchange, session, more, agreement);
            case Success success -> succeed(exchange, session, request, success, agreement);
            case Failure failure -> fail(exchange, session, failure);
        }
    }

    private @Nullable NtStatus refusal(Exchange exchange, SessionSetup.Request request, Agreement agreement) {
        if (server.policy().encrypt() && agreement.cipher() == 0) {
            return NtStatus.ACCESS_DENIED;
        }
        if ((request.flags() & SessionSetup.FLAG_BINDING) != 0) {
            return NtStatus.REQUEST_NOT_ACCEPTED; // there is no multichannel: 3.3.5.5, step 4
        }
        if (exchange.session == null) {
            if (exchange.incoming.sessionId() != 0) {
                return NtStatus.USER_SESSION_DELETED;
            }
            return connection.sessions().size() >= ConnectionState.MAX_SESSIONS
                    ? NtStatus.INSUFFICIENT_RESOURCES
                    : null;
        }
        return exchange.session.ended() ? NtStatus.USER_SESSION_DELETED : null;
    }

    private Authentication authentication() {
        return new Authentication(server.users(), server.name(), server.clock());
    }

    private void more(Exchange exchange, Session session, More more, Agreement agreement) {
        if (session.secured() == null && agreement.dialect() == Negotiate.SMB_311) {
            exchange.onEncoded(bytes -> session.preauth(session.preauth().with(bytes)));
        }
        exchange.finish(
                new Outcome.Done(NtStatus.MORE_PROCESSING_REQUIRED, new SessionSetup.Response(0, more.token()), null));
    }

    private void fail(Exchange exchange, Session session, Failure failure) {
        server.counters().logonFailures.increment();
        String peer = connection.link().peer();
        LOG.info("logon of '{}' from {} refused: {}", failure.user(), peer, failure.reason());
        end(session, Deferred.Reason.SESSION_ENDED, () -> {});
        long wait = server.failureDelay().failed(peer, failure.user());
        connection.link().schedule(() -> exchange.finish(Outcome.failed(NtStatus.LOGON_FAILURE)), wait);
    }

    private void succeed(
            Exchange exchange, Session session, SessionSetup.Request request, Success success, Agreement agreement) {
        session.authentication(null);
        server.failureDelay().succeeded(connection.link().peer(), success.user());
        Session.Secured before = session.secured();
        boolean encrypt = server.policy().encrypt() && agreement.cipher() != 0;
        if (before == null) {
            session.secure(secure(session, request, success, agreement, encrypt));
            server.counters().sessions.increment();
        } else {
            // The keys stay: requests under way are signed with them. 3.3.5.5.3
            session.secure(new Session.Secured(
                    new User(success.user()),
                    before.keys(),
                    before.signer(),
                    before.decrypter(),
                    before.encrypter(),
                    before.encryptData(),
                    before.signingRequired()));
        }
        exchange.mustSign(true);
        var response = new SessionSetup.Response(encrypt ? SessionSetup.SESSION_ENCRYPT_DATA : 0, success.token());
        Runnable answer = () -> exchange.finish(Outcome.done(response));
        if (before == null && request.previousSessionId() != 0 && request.previousSessionId() != session.id()) {
            endPrevious(request.previousSessionId(), success.user(), answer);
        } else {
            answer.run();
        }
    }

    private static Session.Secured secure(
            Session session, SessionSetup.Request request, Success success, Agreement agreement, boolean encrypt) {
        SessionKeys keys = SessionKeys.derive(
                success.sessionKey().toArray(),
                agreement.dialect(),
                agreement.cipher(),
                session.preauth().value());
        int cipher = agreement.cipher();
        boolean signingRequired =
                ((request.securityMode() | agreement.serverSecurityMode()) & Negotiate.SIGNING_REQUIRED) != 0;
        return new Session.Secured(
                new User(success.user()),
                keys,
                MessageSigner.of(agreement.signingAlgorithm(), keys.signing()),
                cipher == 0 ? null : MessageCipher.of(cipher, keys.clientToServer()),
                cipher == 0 ? null : MessageCipher.of(cipher, keys.serverToClient()),
                encrypt,
                signingRequired);
    }

    /** The client lost a session and has come back: what it had open there must not stand in its way. 3.3.5.5.3 */
    private void endPrevious(long previous, String user, Runnable then) {
        Sessions.Owner found = server.sessions().owner(previous);
        if (found == null) {
            then.run();
        } else {
            found.endSession(previous, user)
                    .whenComplete((_, _) -> connection.link().execute(then));
        }
    }

    void logoff(Exchange exchange) {
        Session session = Objects.requireNonNull(exchange.session);
        end(session, Deferred.Reason.SESSION_ENDED, () -> exchange.finish(Outcome.done(new Logoff.Response())));
    }

    /** Ends a session; {@code then} runs on the loop when its files are closed. */
    void end(Session session, Deferred.Reason reason, Runnable then) {
        session.end();
        connection.sessions().remove(session.id());
        server.sessions().remove(session.id());
        endings.end(session, null, reason, then);
    }

    /** The session of that id if it is this user's, or null. */
    @Nullable
    Session find(long sessionId, String user) {
        Session session = connection.sessions().get(sessionId);
        return session != null
                        && session.secured() != null
                        && session.secured().user().name().equals(user)
                ? session
                : null;
    }

    /** What other connections can ask of this one. Its method may be called by any thread. */
    private record SessionOwner(ConnectionState connection, SessionHandlers handlers) implements Sessions.Owner {
        @Override
        public CompletableFuture<Void> endSession(long sessionId, String user) {
            var done = new CompletableFuture<Void>();
            connection.link().execute(() -> {
                Session session = handlers.find(sessionId, user);
                if (session == null) {
                    done.complete(null);
                } else {
                    handlers.end(session, Deferred.Reason.SESSION_ENDED, () -> done.complete(null));
                }
            });
            return done;
        }
    }
}
