package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.auth.NtlmClient;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import dev.penstock.smb.wire.smb2.SessionSetup;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.Smb2Response;
import dev.penstock.smb.wire.smb2.TreeConnect;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;

/** Two clients with three sessions, each with one or two connections or none: what they send and what they are told. */
final class StateClients {
    static final int SESSIONS = 3;
    static final int[] CLIENTS = {0, 0, 1};
    static final String[] USERS = {"ada", "bob", "ada"};

    private final ServerState server;
    private final Turns turns;
    private final Random random;
    private final List<List<Line>> sessions = new ArrayList<>();

    /** A connection of a session. */
    static final class Line {
        final Peer peer;

        /** The session's own key, by which further connections prove that they belong to it. */
        byte[] sessionKey = {};

        Line(Peer peer) {
            this.peer = peer;
        }
    }

    /** A connection whose tasks wait for their turn. */
    private static final class TurnsLink extends RecordingLink {
        private final Turns turns;
        private final Executor loop;

        TurnsLink(Turns turns) {
            this.turns = turns;
            this.loop = turns.loop();
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }

        @Override
        void settle() {
            turns.settle();
        }
    }

    /** What came in answer to a request: the status, and the message. */
    record Answer(NtStatus status, ByteBuffer message) {}

    StateClients(ServerState server, Turns turns, Random random) {
        this.server = server;
        this.turns = turns;
        this.random = random;
        for (int i = 0; i < SESSIONS; i++) {
            sessions.add(new ArrayList<>());
        }
    }

    /** Connections of a session. */
    List<Line> lines(int session) {
        return sessions.get(session);
    }

    void connect(int session) {
        var line = line(session);
        assertThat(line.peer.logOn(USERS[session])).isEqualTo(NtStatus.SUCCESS);
        line.peer.send(new TreeConnect.Request(0, "\\\\server\\files"), line.peer.signingKey);
        assertThat(line.peer.status()).isEqualTo(NtStatus.SUCCESS);
        line.peer.tree = line.peer.link.sent.getLast().getInt(36);
        line.sessionKey = line.peer.signingKey;
        joined(session, line);
    }

    void bind(int session) {
        Line one = sessions.get(session).getFirst();
        Peer first = one.peer;
        var line = line(session);
        var ntlm = new NtlmClient(server.users(), USERS[session]);
        assertThat(line.peer.startBinding(ntlm, first.session, one.sessionKey))
                .isEqualTo(NtStatus.MORE_PROCESSING_REQUIRED);
        assertThat(line.peer.endBinding(ntlm, SessionSetup.FLAG_BINDING, one.sessionKey))
                .isEqualTo(NtStatus.SUCCESS);
        line.peer.tree = first.tree;
        line.sessionKey = one.sessionKey;
        joined(session, line);
    }

    private Line line(int session) {
        return new Line(new Peer(
                server, new Guid(7, CLIENTS[session] + 1), NegotiateContext.SIGN_AES_CMAC, new TurnsLink(turns)));
    }

    private void joined(int session, Line line) {
        line.peer.link.sent.clear();
        sessions.get(session).add(line);
    }

    /** Loses one connection, whichever; answers how many are left. */
    int drop(int session) {
        List<Line> lines = sessions.get(session);
        Line line = lines.remove(random.nextInt(lines.size()));
        line.peer.connection.closed();
        turns.settle();
        return lines.size();
    }

    /** A session of a client that has a connection. */
    int sessionOf(int client) {
        for (int session = 0; session < SESSIONS; session++) {
            if (CLIENTS[session] == client && !sessions.get(session).isEmpty()) {
                return session;
            }
        }
        throw new AssertionError("nobody is there who was told");
    }

    Line someLine(int session) {
        List<Line> lines = sessions.get(session);
        return lines.get(random.nextInt(lines.size()));
    }

    Answer ask(int session, Smb2Request request) {
        return ask(session, request, new byte[0]);
    }

    Answer ask(int session, Smb2Request request, byte[] data) {
        Line line = someLine(session);
        line.peer.send(request, data, null);
        List<Answer> answers = answers(line, line.peer.lastMessageId());
        assertThat(answers).as("answers to %s", request).hasSize(1);
        return answers.getFirst();
    }

    /** Takes out what was said about a message, but for interim answers; -1 is about none. */
    static List<Answer> answers(Line line, long message) {
        var found = new ArrayList<Answer>();
        var rest = new ArrayList<ByteBuffer>();
        for (ByteBuffer sent : line.peer.link.sent) {
            Header header = header(sent);
            if (header.status() == NtStatus.PENDING.value()) {
                continue;
            }
            if (header.messageId() == message) {
                found.add(new Answer(NtStatus.of(header.status()), sent));
            } else {
                rest.add(sent);
            }
        }
        line.peer.link.sent.clear();
        line.peer.link.sent.addAll(rest);
        return found;
    }

    private static Header header(ByteBuffer message) {
        try {
            return Header.decode(new WireReader(message.duplicate()));
        } catch (MalformedMessage e) {
            throw new AssertionError(e);
        }
    }

    static Smb2Response decoded(Command command, Answer answer) {
        try {
            return Smb2Response.decode(command, new WireReader(answer.message().duplicate()));
        } catch (MalformedMessage e) {
            throw new AssertionError(e);
        }
    }
}
