package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-GMAC: AES-GCM of nothing, with the message as associated data. [MS-SMB2] 3.1.4.1 has the nonce's layout.
 *
 * <p>The JDK keeps a copy of all associated data until the end, in memory that it allocates anew, and hashes it without its fastest
 * intrinsic. So long messages go another way. GCM hashes its ciphertext just as it hashes associated data, but for the last block, in which
 * the two lengths stand. The message is therefore made the ciphertext: it is encrypted in counter mode, and GCM, encrypting that once more
 * with the same counters, has the message itself as its output, which is thrown away, and a tag that differs from the one wanted only by the
 * swapped lengths. Hashing is linear: the difference of the length blocks times the hash key is the difference of the tags.
 */
final class GmacSigner implements MessageSigner {
    private static final int TAG_BITS = 128;
    private static final int BLOCK = 16;
    private static final int FROM_SERVER = 0x1;
    private static final int CANCEL = 0x2;

    /** Up to here the simple way is as fast. */
    private static final int SHORT = 4 << 10;

    private static final int CHUNK = 32 << 10; // three of them stay in the second-level cache

    private final SecretKeySpec key;
    private final Cipher ctr;
    private final byte[] hashKey;
    private final byte[] message = new byte[CHUNK];
    private final byte[] masked = new byte[CHUNK];
    private final byte[] output = new byte[CHUNK + BLOCK];
    private Cipher gcm;

    GmacSigner(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
        this.gcm = newCipher();
        try {
            Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding");
            ecb.init(Cipher.ENCRYPT_MODE, this.key);
            this.hashKey = ecb.doFinal(new byte[BLOCK]);
            this.ctr = Cipher.getInstance("AES/CTR/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK refuses AES", e);
        }
    }

    @Override
    public byte[] sign(List<ByteBuffer> parts, Role role) {
        long length = 0;
        for (ByteBuffer part : parts) {
            length += part.remaining();
        }
        try {
            byte[] nonce = nonce(role);
            initialise(nonce);
            return length <= SHORT ? signShort(parts) : signLong(parts, nonce, length);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] signShort(List<ByteBuffer> parts) throws GeneralSecurityException {
        int at = 0;
        for (ByteBuffer part : parts) {
            int step = part.remaining();
            part.get(part.position(), message, at, step);
            at += step;
        }
        gcm.updateAAD(message, 0, at);
        return gcm.doFinal();
    }

    private byte[] signLong(List<ByteBuffer> parts, byte[] nonce, long length) throws GeneralSecurityException {
        var counter = new byte[BLOCK];
        System.arraycopy(nonce, 0, counter, 0, nonce.length);
        counter[BLOCK - 1] = 2; // 1 masks the tag
        ctr.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(counter));
        int pending = 0;
        for (ByteBuffer part : parts) {
            ByteBuffer rest = part.duplicate();
            while (rest.hasRemaining()) {
                if (pending == CHUNK) {
                    ctr.update(message, 0, CHUNK, masked, 0);
                    gcm.update(masked, 0, CHUNK, output, 0);
                    pending = 0;
                }
                int step = Math.min(rest.remaining(), CHUNK - pending);
                rest.get(message, pending, step);
                pending += step;
            }
        }
        ctr.update(message, 0, pending, masked, 0);
        gcm.doFinal(masked, 0, pending, output, 0);
        var tag = new byte[BLOCK];
        System.arraycopy(output, pending, tag, 0, BLOCK);
        swapLengths(tag, 8 * length);
        return tag;
    }

    /** Adds the difference of the length blocks, both halves of which hold the length in bits, times the hash key. */
    private void swapLengths(byte[] tag, long bits) {
        ByteBuffer h = ByteBuffer.wrap(hashKey);
        long highV = h.getLong(0);
        long lowV = h.getLong(8);
        long high = 0;
        long low = 0;
        for (int i = 0; i < 128; i++) {
            if ((bits << (i & 63)) < 0) {
                high ^= highV;
                low ^= lowV;
            }
            long carry = -(lowV & 1) & 0xE1L << 56; // NIST SP 800-38D 6.3: bits are counted from the left
            lowV = lowV >>> 1 | highV << 63;
            highV = highV >>> 1 ^ carry;
        }
        ByteBuffer t = ByteBuffer.wrap(tag);
        t.putLong(0, t.getLong(0) ^ high).putLong(8, t.getLong(8) ^ low);
    }

    private static byte[] nonce(Role role) {
        int flags = (role.fromServer() ? FROM_SERVER : 0) | (role.cancel() ? CANCEL : 0);
        return ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(role.messageId())
                .putInt(flags)
                .array();
    }

    private void initialise(byte[] nonce) throws GeneralSecurityException {
        var parameters = new GCMParameterSpec(TAG_BITS, nonce);
        try {
            gcm.init(Cipher.ENCRYPT_MODE, key, parameters);
        } catch (InvalidAlgorithmParameterException e) {
            // A nonce twice in a row: a client checks a message that it signed, or repeats one. A new instance does not
            // remember.
            gcm = newCipher();
            gcm.init(Cipher.ENCRYPT_MODE, key, parameters);
        }
    }

    private static Cipher newCipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks AES-GCM", e);
        }
    }
}
