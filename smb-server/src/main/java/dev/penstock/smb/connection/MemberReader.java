package dev.penstock.smb.connection;

import dev.penstock.memory.Lease;
import dev.penstock.memory.SlabPool;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.handler.Exchange.Data;
import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.SessionSetup;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.Write;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Splits a message into the members of a compound, checks their signatures and decodes them. Afterwards the message's memory is needed only
 * for the data of WRITEs, each of which holds the slab, or a copy in a slab of its own. On the connection's loop.
 */
final class MemberReader {
    /** Members of one compound; the longest that clients are known to send has five. */
    static final int MAX_MEMBERS = 64;

    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

    private final ConnectionState connection;
    private final Sessions sessions;
    private final SlabPool slabs;

    MemberReader(ConnectionState connection, Sessions sessions, SlabPool slabs) {
        this.sessions = sessions;
        this.connection = connection;
        this.slabs = slabs;
    }

    /**
     * Reads all members.
     *
     * @param lease of the message's memory, which stays the caller's; null where the memory is reused after this call
     * @param decryptor the session whose key decrypted the message, or null
     * @throws MalformedMessage where the connection must be closed
     */
    List<Member> read(ByteBuffer message, @Nullable Lease lease, @Nullable Channel decryptor) throws MalformedMessage {
        var members = new ArrayList<Member>();
        int end = message.limit();
        int at = message.position();
        long sessionId = 0;
        try {
            while (true) {
                WireReader.require(members.size() < MAX_MEMBERS, "too many messages in a compound");
                WireReader.require(end - at >= Header.SIZE, "a message is too short for its header");
                WireReader rest = new WireReader(message.slice(at, end - at));
                Header header = Header.decode(rest);
                int next = header.nextCommand();
                // 3.3.5.2.7
                WireReader.require(
                        next == 0 || ((next & 7) == 0 && next >= Header.SIZE && next <= end - at - Header.SIZE),
                        "NextCommand");
                WireReader.require(!header.has(Header.SERVER_TO_REDIR), "a response sent to a server");
                boolean related = header.has(Header.RELATED) && !members.isEmpty();
                sessionId = related ? sessionId : header.sessionId();
                WireReader.require(
                        decryptor == null || sessionId == decryptor.session().id(),
                        "another session inside of the encryption");
                ByteBuffer one = message.slice(at, next == 0 ? end - at : next);
                members.add(decode(one, header, sessionId, lease, decryptor != null));
                if (next == 0) {
                    return members;
                }
                at += next;
            }
        } catch (MalformedMessage e) {
            members.forEach(Member::release);
            throw e;
        }
    }

    private Member decode(ByteBuffer message, Header header, long sessionId, @Nullable Lease lease, boolean decrypted) {
        Command command = Command.of(header.command());
        Smb2Request request = null;
        if (command != null) {
            try {
                request = Smb2Request.decode(command, new WireReader(message));
            } catch (MalformedMessage e) {
                request = null; // answered with STATUS_INVALID_PARAMETER, after the checks that come first
            }
        }
        Signature signature = decrypted ? Signature.GOOD : verify(message, header, signer(sessionId, request));
        Data data = null;
        if (request instanceof Write.Request write && write.data().length() > 0) {
            data = data(message, write.data(), lease);
        }
        ByteBuffer raw = NO_BYTES;
        if (command == Command.NEGOTIATE || command == Command.SESSION_SETUP) {
            raw = ByteBuffer.allocate(message.remaining())
                    .put(message.duplicate())
                    .flip();
        }
        return new Member(header, command, request, sessionId, signature, data, raw);
    }

    /** The data of a WRITE; null where it must be copied and no slab is free. */
    private @Nullable Data data(ByteBuffer message, Span span, @Nullable Lease lease) {
        ByteBuffer bytes = message.slice(span.offset(), span.length());
        if (lease != null) {
            return new Data(lease.retain(), bytes);
        }
        Lease copy = slabs.take(span.length());
        if (copy == null) {
            return null;
        }
        ByteBuffer to = copy.memory().asSlice(0, span.length()).asByteBuffer();
        return new Data(copy, to.put(bytes).flip());
    }

    /** What a message of a session is signed with here; null where nobody knows it. */
    private @Nullable MessageSigner signer(long sessionId, @Nullable Smb2Request request) {
        Channel channel = connection.sessions().get(sessionId);
        boolean binds = request instanceof SessionSetup.Request setup && setup.binds();
        if (channel != null && (binds || !channel.joining())) {
            return channel.signer();
        }
        // One that is on other connections only: what binds this one to it is signed with its key, and so are the
        // refusals of all else, where that gives nothing away.
        Session session = sessions.find(sessionId);
        Session.Secured secured = session == null ? null : session.secured();
        return secured == null ? null : secured.strangerSigner(binds);
    }

    /** 3.3.5.2.4: the signature covers the message with its own field at zero. */
    private static Signature verify(ByteBuffer message, Header header, @Nullable MessageSigner signer) {
        if (!header.has(Header.SIGNED)) {
            return Signature.ABSENT;
        }
        if (signer == null) {
            return Signature.BAD;
        }
        var sent = new byte[MessageSigner.SIZE];
        message.get(Header.SIGNATURE, sent);
        message.put(Header.SIGNATURE, new byte[MessageSigner.SIZE]);
        var role = new MessageSigner.Role(header.messageId(), false, header.command() == Command.CANCEL.code());
        byte[] due = signer.sign(List.of(message), role);
        message.put(Header.SIGNATURE, sent);
        return MessageDigest.isEqual(due, sent) ? Signature.GOOD : Signature.BAD;
    }
}
