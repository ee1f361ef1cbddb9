package dev.penstock.smb.crypto;

import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.nio.ByteBuffer;
import java.util.List;

/** Authenticated encryption with one key, in one direction. [MS-SMB2] 3.1.4.3. One thread at a time. */
public sealed interface MessageCipher permits GcmCipher, CcmCipher {
    /** Bytes of a tag. */
    int TAG = 16;

    /** Bytes of a nonce: 12 with GCM, 11 with CCM. */
    int nonceSize();

    /**
     * Encrypts the parts, one behind the other.
     *
     * @param parts each from its position to its limit; left unchanged
     * @param out takes the encrypted bytes from its position on, which moves; may be the memory of a single part itself
     * @return the tag
     */
    byte[] encrypt(byte[] nonce, byte[] associated, List<ByteBuffer> parts, ByteBuffer out);

    /**
     * Decrypts {@code in} from its position to its limit.
     *
     * @param out takes the bytes from its position on, which moves; may be the memory of {@code in} itself
     * @return false where the tag is wrong; what was written to {@code out} is then worthless
     */
    boolean decrypt(byte[] nonce, byte[] associated, ByteBuffer in, byte[] tag, ByteBuffer out);

    /** A cipher of 2.2.3.1.2. */
    static MessageCipher of(int cipher, byte[] key) {
        return switch (cipher) {
            case NegotiateContext.AES_128_GCM, NegotiateContext.AES_256_GCM -> new GcmCipher(key);
            case NegotiateContext.AES_128_CCM, NegotiateContext.AES_256_CCM -> new CcmCipher(key);
            default -> throw new IllegalArgumentException("cipher " + cipher);
        };
    }
}
