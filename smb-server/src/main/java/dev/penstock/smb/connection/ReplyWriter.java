package dev.penstock.smb.connection;

import dev.penstock.memory.Lease;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.crypto.MessageCipher;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.TransformHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts answers into bytes, signs or encrypts them, and sends them. [MS-SMB2] 3.3.4.1. On the connection's loop. */
final class ReplyWriter {
    private static final byte[] ZEROS = new byte[8];

    /** An encrypted message of up to this many bytes is put together on the heap; a longer one takes a slab. */
    private static final int SMALL = 16 << 10;

    private final ServerState server;
    private final Link link;

    ReplyWriter(ServerState server, Link link) {
        this.server = server;
        this.link = link;
    }

    /** Sends the answers as one message, encrypted by a channel where one is given. */
    void send(List<Reply> replies, @Nullable Channel encryptor) {
        List<Payload> parts = encode(replies);
        if (encryptor == null) {
            link.send(parts);
            return;
        }
        List<Payload> sealed = seal(parts, encryptor);
        if (sealed == null) {
            server.counters().slabsExhausted.increment();
            List<Reply> errors = replies.stream()
                    .map(reply -> reply.failed(NtStatus.INSUFFICIENT_RESOURCES.value()))
                    .toList();
            sealed = Objects.requireNonNull(seal(encode(errors), encryptor));
        } else {
            parts.forEach(Payload::release);
        }
        link.send(sealed);
    }

    private List<Payload> encode(List<Reply> replies) {
        var parts = new ArrayList<Payload>();
        for (int i = 0; i < replies.size(); i++) {
            encode(replies.get(i), i == replies.size() - 1, replies.size() > 1, parts);
        }
        return parts;
    }

    /** One answer; those of a compound are padded to 8 bytes, as Windows does, and the padding is signed with them. 3.3.4.1.3 */
    private static void encode(Reply reply, boolean last, boolean compound, List<Payload> parts) {
        var out = new WireWriter();
        reply.header().encode(out);
        reply.body().encode(out);
        Payload payload = reply.payload();
        int length = out.position() + (payload == null ? 0 : payload.length());
        int padding = compound ? -length & 7 : 0;
        if (!last) {
            out.patch32(Header.NEXT_COMMAND, length + padding);
        }
        var mine = new ArrayList<Payload>(3);
        mine.add(new Payload.Bytes(out.buffer()));
        if (payload != null) {
            mine.add(payload);
        }
        if (padding > 0) {
            mine.add(new Payload.Bytes(ByteBuffer.wrap(ZEROS, 0, padding)));
        }
        if (reply.signer() != null) {
            var role = new MessageSigner.Role(reply.header().messageId(), true, false);
            out.patch(Header.SIGNATURE, reply.signer().sign(views(mine), role));
        }
        if (reply.onEncoded() != null) {
            reply.onEncoded().accept(out.buffer());
        }
        parts.addAll(mine);
    }

    /** The parts within one encrypted message; null where no slab is free. The parts stay the caller's. */
    private @Nullable List<Payload> seal(List<Payload> parts, Channel channel) {
        MessageCipher cipher =
                Objects.requireNonNull(Objects.requireNonNull(channel.keys()).encrypter());
        int length = 0;
        for (Payload part : parts) {
            length += part.length();
        }
        Payload sealed;
        ByteBuffer out;
        if (length <= SMALL) {
            out = ByteBuffer.allocate(length);
            sealed = new Payload.Bytes(out);
        } else {
            Lease lease = server.slabs().take(length);
            if (lease == null) {
                return null;
            }
            out = lease.memory().asSlice(0, length).asByteBuffer();
            sealed = new Payload.Slab(lease, 0, length);
        }
        byte[] nonce = channel.session().nextNonce(cipher.nonceSize());
        var header = new WireWriter(TransformHeader.SIZE);
        new TransformHeader(length, TransformHeader.ENCRYPTED, channel.session().id()).encode(header, nonce);
        byte[] associated = Arrays.copyOfRange(header.toArray(), TransformHeader.NONCE, TransformHeader.SIZE);
        byte[] tag = cipher.encrypt(nonce, associated, views(parts), out);
        out.flip();
        header.patch(TransformHeader.SIGNATURE, tag);
        return List.of(new Payload.Bytes(header.buffer()), sealed);
    }

    private static List<ByteBuffer> views(List<Payload> parts) {
        var views = new ArrayList<ByteBuffer>(parts.size());
        for (Payload part : parts) {
            views.add(
                    switch (part) {
                        case Payload.Bytes bytes -> bytes.data();
                        case Payload.Slab slab ->
                            slab.lease()
                                    .memory()
                                    .asSlice(slab.offset(), slab.length())
                                    .asByteBuffer();
                        case Payload.FileRange _ ->
                            throw new IllegalStateException("a file range where the bytes themselves are needed");
                    });
        }
        return views;
    }
}
