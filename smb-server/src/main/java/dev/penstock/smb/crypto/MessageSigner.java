package dev.penstock.smb.crypto;

import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.nio.ByteBuffer;
import java.util.List;

/** Signatures with one key. [MS-SMB2] 3.1.4.1. One thread at a time. */
public sealed interface MessageSigner permits CmacSigner, GmacSigner, HmacSigner {
    /** Bytes of a signature. */
    int SIZE = 16;

    /**
     * The signature of a message whose signature field is zero.
     *
     * @param parts the message, each part from its position to its limit; left unchanged
     * @param role what goes into a nonce
     */
    byte[] sign(List<ByteBuffer> parts, Role role);

    /**
     * What a nonce is made of, so that no two messages of a session share one.
     *
     * @param fromServer the direction
     * @param cancel a CANCEL has the MessageId of the request that it cancels
     */
    record Role(long messageId, boolean fromServer, boolean cancel) {}

    /** A signer of one of the algorithms of 2.2.3.1.7. */
    static MessageSigner of(int algorithm, byte[] key) {
        return switch (algorithm) {
            case NegotiateContext.SIGN_AES_CMAC -> new CmacSigner(key);
            case NegotiateContext.SIGN_AES_GMAC -> new GmacSigner(key);
            case NegotiateContext.SIGN_HMAC_SHA256 -> new HmacSigner(key);
            default -> throw new IllegalArgumentException("signing algorithm " + algorithm);
        };
    }
}
