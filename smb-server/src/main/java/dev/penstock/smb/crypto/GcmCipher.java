package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-GCM by the JDK, in chunks on the heap: that is the form that its intrinsic takes, chunks stay in a near cache, and many short calls are
 * compiled sooner than few long ones.
 *
 * <p>The JDK's own decryption keeps the whole message back until the tag is checked. Here a message is decrypted in counter mode and, chunk by
 * chunk, encrypted again by GCM, which yields the tag that it should have. That is the same code as encryption, and needs no memory of the
 * message's size.
 */
final class GcmCipher implements MessageCipher {
    private static final int NONCE = 12;
    private static final int TAG_BITS = 8 * TAG;
    private static final int CHUNK = 32 << 10;

    private final SecretKeySpec key;
    private final Cipher ctr;
    private final byte[] text = new byte[CHUNK];
    private final byte[] sealed = new byte[CHUNK + TAG];
    private Cipher gcm = newCipher("AES/GCM/NoPadding");

    GcmCipher(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
        this.ctr = newCipher("AES/CTR/NoPadding");
    }

    @Override
    public int nonceSize() {
        return NONCE;
    }

    @Override
    public byte[] encrypt(byte[] nonce, byte[] associated, List<ByteBuffer> parts, ByteBuffer out) {
        try {
            initialise(nonce, associated);
            int pending = 0;
            for (ByteBuffer part : parts) {
                ByteBuffer rest = part.duplicate();
                while (rest.hasRemaining()) {
                    if (pending == CHUNK) {
                        gcm.update(text, 0, CHUNK, sealed, 0);
                        out.put(sealed, 0, CHUNK);
                        pending = 0;
                    }
                    int step = Math.min(rest.remaining(), CHUNK - pending);
                    rest.get(text, pending, step);
                    pending += step;
                }
            }
            byte[] tag = finish(pending);
            out.put(sealed, 0, pending);
            return tag;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public boolean decrypt(byte[] nonce, byte[] associated, ByteBuffer in, byte[] tag, ByteBuffer out) {
        try {
            initialise(nonce, associated);
            var counter = new byte[16];
            System.arraycopy(nonce, 0, counter, 0, NONCE);
            counter[15] = 2; // 1 masks the tag
            ctr.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(counter));
            ByteBuffer rest = in.duplicate();
            int step = Math.min(rest.remaining(), CHUNK);
            while (true) {
                rest.get(sealed, 0, step);
                ctr.update(sealed, 0, step, text, 0);
                out.put(text, 0, step);
                if (!rest.hasRemaining()) {
                    return MessageDigest.isEqual(finish(step), tag);
                }
                gcm.update(text, 0, step, sealed, 0);
                step = Math.min(rest.remaining(), CHUNK);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Encrypts the last bytes of {@link #text}; answers the tag. */
    private byte[] finish(int length) throws GeneralSecurityException {
        gcm.doFinal(text, 0, length, sealed, 0);
        var tag = new byte[TAG];
        System.arraycopy(sealed, length, tag, 0, TAG);
        return tag;
    }

    private void initialise(byte[] nonce, byte[] associated) throws GeneralSecurityException {
        var parameters = new GCMParameterSpec(TAG_BITS, nonce);
        try {
            gcm.init(Cipher.ENCRYPT_MODE, key, parameters);
        } catch (InvalidAlgorithmParameterException e) {
            // The nonce of the last message once more: a peer that repeats itself. A new instance does not remember.
            gcm = newCipher("AES/GCM/NoPadding");
            gcm.init(Cipher.ENCRYPT_MODE, key, parameters);
        }
        gcm.updateAAD(associated);
    }

    private static Cipher newCipher(String name) {
        try {
            return Cipher.getInstance(name);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks " + name, e);
        }
    }
}
