package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-GCM by the JDK. */
final class GcmCipher implements MessageCipher {
    private static final int NONCE = 12;
    private static final int TAG_BITS = 8 * TAG;

    private final SecretKeySpec key;
    private final Cipher gcm;
    private byte[] scratch = new byte[1024];
    private byte[] opened = new byte[1024];

    GcmCipher(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
        try {
            this.gcm = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks AES-GCM", e);
        }
    }

    @Override
    public int nonceSize() {
        return NONCE;
    }

    @Override
    public byte[] encrypt(byte[] nonce, byte[] associated, List<ByteBuffer> parts, ByteBuffer out) {
        try {
            int length = 0;
            for (ByteBuffer part : parts) {
                length += part.remaining();
            }
            // On the heap, in one call: that is the form that the whole-message intrinsic takes; direct buffers go
            // block by block.
            reserve(length + TAG);
            int at = 0;
            for (ByteBuffer part : parts) {
                int step = part.remaining();
                part.get(part.position(), scratch, at, step);
                at += step;
            }
            gcm.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
            gcm.updateAAD(associated);
            gcm.doFinal(scratch, 0, length, scratch, 0);
            out.put(scratch, 0, length);
            var tag = new byte[TAG];
            System.arraycopy(scratch, length, tag, 0, TAG);
            return tag;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public boolean decrypt(byte[] nonce, byte[] associated, ByteBuffer in, byte[] tag, ByteBuffer out) {
        try {
            int length = in.remaining();
            reserve(length + TAG);
            in.get(in.position(), scratch, 0, length);
            System.arraycopy(tag, 0, scratch, length, TAG);
            gcm.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
            gcm.updateAAD(associated);
            // Not in place: decrypting in place keeps the JDK from its fastest intrinsic.
            if (opened.length < length) {
                opened = new byte[scratch.length];
            }
            gcm.doFinal(scratch, 0, length + TAG, opened, 0);
            out.put(opened, 0, length);
            return true;
        } catch (AEADBadTagException e) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void reserve(int bytes) {
        if (scratch.length < bytes) {
            scratch = new byte[Math.max(bytes, 2 * scratch.length)];
        }
    }
}
