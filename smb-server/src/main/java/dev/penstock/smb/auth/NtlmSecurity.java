package dev.penstock.smb.auth;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;

/**
 * Signs and seals messages with the keys of one authentication, in the server's role. [MS-NLMP] 3.4.3, 3.4.4.2, with extended session
 * security. Messages have to come in the order in which they were made. One thread.
 */
public final class NtlmSecurity {
    /** Bytes of a signature. */
    public static final int SIGNATURE = 16;

    private final Direction ours;
    private final Direction theirs;

    /**
     * Starts with the first message.
     *
     * @param flags what both sides agreed on
     * @param micsExchanged whether SPNEGO used the first sequence number of each direction; it does not use up the cipher's bytes, [MS-SPNG]
     *     3.3.5.1
     */
    NtlmSecurity(byte[] key, int flags, boolean micsExchanged) {
        int first = micsExchanged ? 1 : 0;
        this.ours = new Direction(key, flags, "server-to-client", first);
        this.theirs = new Direction(key, flags, "client-to-server", first);
    }

    /** Seals a stretch of a message of ours in place; answers the signature of what it was, from {@code signed} up to the limit. */
    public byte[] protect(ByteBuffer message, int signed, int sealed, int sealedLength) {
        byte[] checksum = ours.checksum(message, signed);
        ours.crypt(message, sealed, sealedLength);
        return ours.signature(checksum);
    }

    /** Opens a stretch of a message of the client's in place; answers whether the signature is right. */
    public boolean unprotect(ByteBuffer message, int signed, int sealed, int sealedLength, byte[] signature) {
        theirs.crypt(message, sealed, sealedLength);
        byte[] checksum = theirs.checksum(message, signed);
        return MessageDigest.isEqual(theirs.signature(checksum), signature);
    }

    private static final class Direction {
        private final byte[] signKey;
        private final Cipher rc4;
        private final boolean keyExchange;
        private int sequence;

        Direction(byte[] key, int flags, String name, int sequence) {
            this.signKey = NtlmCrypto.signKey(key, name);
            this.rc4 = NtlmCrypto.rc4(NtlmCrypto.sealKey(Arrays.copyOf(key, strength(flags)), name));
            this.keyExchange = (flags & NtlmMessages.KEY_EXCHANGE) != 0;
            this.sequence = sequence;
        }

        private static int strength(int flags) {
            if ((flags & NtlmMessages.KEY_128) != 0) {
                return 16;
            }
            return (flags & NtlmMessages.KEY_56) != 0 ? 7 : 5;
        }

        byte[] checksum(ByteBuffer message, int from) {
            var text = new byte[message.limit() - from];
            message.get(from, text);
            return Arrays.copyOf(NtlmCrypto.hmacMd5(signKey, little(sequence), text), 8);
        }

        void crypt(ByteBuffer message, int from, int length) {
            if (length > 0) {
                var text = new byte[length];
                message.get(from, text);
                message.put(from, rc4.update(text));
            }
        }

        byte[] signature(byte[] checksum) {
            byte[] made = keyExchange ? rc4.update(checksum) : checksum;
            return ByteBuffer.allocate(SIGNATURE)
                    .put(little(1))
                    .put(made)
                    .put(little(sequence++))
                    .array();
        }

        private static byte[] little(int number) {
            return ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(number)
                    .array();
        }
    }
}
