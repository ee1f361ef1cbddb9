package dev.penstock.smb.connection;

import dev.penstock.smb.command.Payload;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.wire.smb2.ErrorResponse;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Smb2Response;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One answer, before it is put into bytes.
 *
 * @param signer what it is signed with; null where it is not signed
 * @param onEncoded told header and body as they are sent, with the signature
 */
record Reply(
        Header header,
        Smb2Response body,
        @Nullable Payload payload,
        @Nullable MessageSigner signer,
        @Nullable Consumer<ByteBuffer> onEncoded) {
    /** The same answer as an error without payload, which is given back. */
    Reply failed(int status) {
        if (payload == null) {
            return this;
        }
        payload.release();
        var h = new Header(
                header.creditCharge(),
                status,
                header.command(),
                header.credits(),
                header.flags(),
                0,
                header.messageId(),
                header.asyncId(),
                header.treeId(),
                header.sessionId());
        return new Reply(h, ErrorResponse.EMPTY, null, signer, onEncoded);
    }
}
