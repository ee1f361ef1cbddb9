package dev.penstock.smb.connection;

import dev.penstock.smb.auth.NtlmClient;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.crypto.PreauthHash;
import dev.penstock.smb.crypto.SessionKeys;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import dev.penstock.smb.wire.smb2.SessionSetup;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.TreeConnect;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** A client at the other end of a connection: SMB 3.1.1 in the bytes of the wire. */
final class Peer {
    static final NtStatus WORKS = NtStatus.BAD_NETWORK_NAME; // there is no share, but the session was found

    final RecordingLink link;
    final Connection connection;
    private final ServerState server;
    private final int algorithm;
    private PreauthHash hash = PreauthHash.START;
    private PreauthHash binding = PreauthHash.START;
    private long messageId;
    private byte[] lastRequest = new byte[0];
    int tree;
    long session;
    /** ChannelSequence of the requests to come. */
    int sequence;
    /** Whether they say that they were sent before. */
    boolean replays;

    byte[] signingKey = new byte[0];

    Peer(ServerState server, Guid client, int algorithm) {
        this(server, client, algorithm, new RecordingLink());
    }

    Peer(ServerState server, Guid client, int algorithm, RecordingLink link) {
        this.link = link;
        this.server = server;
        this.algorithm = algorithm;
        this.connection = new Connection(server, link, () -> {});
        send(
                new Negotiate.Request(
                        1,
                        0x7f,
                        client,
                        List.of(Negotiate.SMB_311),
                        List.of(
                                new NegotiateContext.Preauth(List.of(1), Blob.of(new byte[32])),
                                new NegotiateContext.Signing(List.of(algorithm)))),
                null);
        hash = hash.with(ByteBuffer.wrap(lastRequest)).with(last());
    }

    /** A session of its own. */
    NtStatus logOn(String user) {
        var ntlm = new NtlmClient(server.users(), user);
        PreauthHash mine = hash;
        send(new SessionSetup.Request(0, 1, 0, 0, Blob.of(ntlm.negotiate())), null);
        session = last().getLong(40);
        mine = mine.with(ByteBuffer.wrap(lastRequest)).with(last());
        send(new SessionSetup.Request(0, 1, 0, 0, Blob.of(ntlm.authenticate(token()))), null);
        signingKey = key(ntlm, mine.with(ByteBuffer.wrap(lastRequest)));
        return status();
    }

    /** Binds this connection to a session, each message signed with the key given. */
    NtStatus bind(Peer other, String user, byte[] key) {
        var ntlm = new NtlmClient(server.users(), user);
        if (startBinding(ntlm, other.session, key) != NtStatus.MORE_PROCESSING_REQUIRED) {
            return status();
        }
        return endBinding(ntlm, SessionSetup.FLAG_BINDING, key);
    }

    NtStatus startBinding(NtlmClient ntlm, long id, byte[] key) {
        session = id;
        send(new SessionSetup.Request(SessionSetup.FLAG_BINDING, 1, 0, 0, Blob.of(ntlm.negotiate())), key);
        binding = hash.with(ByteBuffer.wrap(lastRequest)).with(last());
        return status();
    }

    NtStatus endBinding(NtlmClient ntlm, int flags, byte[] key) {
        send(new SessionSetup.Request(flags, 1, 0, 0, Blob.of(ntlm.authenticate(token()))), key);
        signingKey = key(ntlm, binding.with(ByteBuffer.wrap(lastRequest)));
        return later();
    }

    /** Authenticates the session there is once more, each message signed with the key given. */
    NtStatus authenticateAgain(String user, byte[] key) {
        var ntlm = new NtlmClient(server.users(), user);
        send(new SessionSetup.Request(0, 1, 0, 0, Blob.of(ntlm.negotiate())), key);
        send(new SessionSetup.Request(0, 1, 0, 0, Blob.of(ntlm.authenticate(token()))), key);
        return later();
    }

    /** What has been said once the time has come: a failed logon is told later. */
    NtStatus later() {
        List<Runnable> due = List.copyOf(link.scheduled);
        link.scheduled.clear();
        due.forEach(Runnable::run);
        return status();
    }

    private static byte[] key(NtlmClient ntlm, PreauthHash hash) {
        return SessionKeys.derive(ntlm.key(), Negotiate.SMB_311, 0, hash.value())
                .signing();
    }

    /** What a request of the session is answered with. */
    NtStatus tryOut(byte[] key) {
        return send(new TreeConnect.Request(0, "\\\\server\\none"), key);
    }

    /** Sends a request, signed where there is a key. */
    NtStatus send(Smb2Request request, byte[] key) {
        return send(request, new byte[0], key);
    }

    /** The same, with data behind the request. */
    NtStatus send(Smb2Request request, byte[] data, byte[] key) {
        var out = new WireWriter();
        int flags = (key == null ? 0 : Header.SIGNED) | (replays ? Header.REPLAY : 0);
        long id = messageId++;
        new Header(1, sequence, request.command().code(), 10, flags, 0, id, 0, tree, session).encode(out);
        request.encode(out);
        out.bytes(data);
        byte[] bytes = out.toArray();
        if (key != null) {
            byte[] signature = sign(bytes, key, id, false);
            System.arraycopy(signature, 0, bytes, Header.SIGNATURE, signature.length);
        }
        return sendAgain(bytes);
    }

    /** Sends bytes as they are; the MessageId counts on. */
    NtStatus sendAgain(byte[] bytes) {
        lastRequest = bytes;
        messageId = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(24) + 1;
        connection.received(ByteBuffer.wrap(bytes.clone()));
        link.settle();
        return status();
    }

    /** MessageId of the request that was sent last. */
    long lastMessageId() {
        return messageId - 1;
    }

    byte[] lastRequest() {
        return lastRequest.clone();
    }

    NtStatus status() {
        try {
            return NtStatus.of(Header.decode(new WireReader(last())).status());
        } catch (MalformedMessage e) {
            throw new AssertionError(e);
        }
    }

    /** Whether the last answer says that it is signed, and carries a signature. */
    boolean lastIsSigned() {
        return lastSaysSigned() && (last().getLong(Header.SIGNATURE) | last().getLong(Header.SIGNATURE + 8)) != 0;
    }

    /** Whether the last answer says that it is signed, be that true or not. */
    boolean lastSaysSigned() {
        return (last().getInt(Header.FLAGS) & Header.SIGNED) != 0;
    }

    /** Whether the last answer carries the signature that this key makes. */
    boolean lastIsSignedWith(byte[] key) {
        byte[] bytes = bytes(last());
        byte[] sent = Arrays.copyOfRange(bytes, Header.SIGNATURE, Header.SIGNATURE + MessageSigner.SIZE);
        Arrays.fill(bytes, Header.SIGNATURE, Header.SIGNATURE + MessageSigner.SIZE, (byte) 0);
        return lastIsSigned() && Arrays.equals(sent, sign(bytes, key, last().getLong(24), true));
    }

    private byte[] sign(byte[] bytes, byte[] key, long id, boolean fromServer) {
        return MessageSigner.of(algorithm, key)
                .sign(List.of(ByteBuffer.wrap(bytes)), new MessageSigner.Role(id, fromServer, false));
    }

    private byte[] token() {
        ByteBuffer last = last();
        int offset = last.getShort(Header.SIZE + 4) & 0xffff;
        return Arrays.copyOfRange(bytes(last), offset, offset + (last.getShort(Header.SIZE + 6) & 0xffff));
    }

    private ByteBuffer last() {
        return link.sent.getLast().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
