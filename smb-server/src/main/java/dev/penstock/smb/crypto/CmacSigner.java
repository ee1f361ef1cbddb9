package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-CMAC, RFC 4493: the JDK has no such Mac, but CMAC is the last block of AES-CBC over the message with the last block masked, and
 * AES-CBC is an intrinsic.
 */
final class CmacSigner implements MessageSigner {
    static final int BLOCK = 16;
    private static final int CHUNK = 16 << 10; // stays in the first-level cache together with the scratch

    private final Cipher cbc;
    private final byte[] k1;
    private final byte[] k2;
    private final byte[] in = new byte[CHUNK];
    private final byte[] scratch = new byte[CHUNK];
    private int pending;

    CmacSigner(byte[] key) {
        try {
            var secret = new SecretKeySpec(key, "AES");
            Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding");
            ecb.init(Cipher.ENCRYPT_MODE, secret);
            this.k1 = doubled(ecb.doFinal(new byte[BLOCK]));
            this.k2 = doubled(k1);
            this.cbc = Cipher.getInstance("AES/CBC/NoPadding");
            cbc.init(Cipher.ENCRYPT_MODE, secret, new IvParameterSpec(new byte[BLOCK]));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK refuses AES", e);
        }
    }

    @Override
    public byte[] sign(List<ByteBuffer> parts, Role role) {
        try {
            pending = 0;
            for (ByteBuffer part : parts) {
                update(part.duplicate());
            }
            return last();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Collects a chunk, and encrypts it only once more bytes are known to follow: the last block needs its mask. */
    private void update(ByteBuffer part) throws GeneralSecurityException {
        while (part.hasRemaining()) {
            if (pending == CHUNK) {
                cbc.update(in, 0, CHUNK, scratch, 0);
                pending = 0;
            }
            int step = Math.min(part.remaining(), CHUNK - pending);
            part.get(in, pending, step);
            pending += step;
        }
    }

    private byte[] last() throws GeneralSecurityException {
        int tail = pending == 0 ? 0 : (pending - 1) % BLOCK + 1;
        int whole = pending - tail;
        byte[] mask = k1;
        if (tail < BLOCK) {
            in[pending] = (byte) 0x80;
            for (int i = tail + 1; i < BLOCK; i++) {
                in[whole + i] = 0;
            }
            mask = k2;
        }
        for (int i = 0; i < BLOCK; i++) {
            in[whole + i] ^= mask[i];
        }
        if (whole > 0) {
            cbc.update(in, 0, whole, scratch, 0);
        }
        return cbc.doFinal(in, whole, BLOCK); // which also resets the chain to the zero vector
    }

    /** Multiplication by x in GF(2^128). */
    private static byte[] doubled(byte[] block) {
        var result = new byte[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            int carry = i + 1 < BLOCK ? (block[i + 1] & 0xff) >>> 7 : 0;
            result[i] = (byte) (block[i] << 1 | carry);
        }
        if (block[0] < 0) {
            result[BLOCK - 1] ^= (byte) 0x87;
        }
        return result;
    }
}
