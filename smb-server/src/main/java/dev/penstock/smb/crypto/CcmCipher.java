package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-CCM, RFC 3610, with a nonce of 11 bytes and a tag of 16: counter mode and CBC-MAC, both by the JDK. */
final class CcmCipher implements MessageCipher {
    private static final int NONCE = 11;
    private static final int LENGTH_SIZE = 15 - NONCE;
    private static final int BLOCK = 16;
    private static final int CHUNK = 16 << 10;

    private final SecretKeySpec key;
    private final Cipher cbc;
    private final Cipher ctr;
    private final byte[] plain = new byte[CHUNK];
    private final byte[] scratch = new byte[CHUNK];
    private byte[] headerMac = new byte[0];
    private int pending;

    CcmCipher(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
        try {
            this.cbc = Cipher.getInstance("AES/CBC/NoPadding");
            this.ctr = Cipher.getInstance("AES/CTR/NoPadding");
            cbc.init(Cipher.ENCRYPT_MODE, this.key, new IvParameterSpec(new byte[BLOCK]));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK refuses AES", e);
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
            byte[] mask = begin(nonce, associated, length);
            for (ByteBuffer part : parts) {
                ByteBuffer rest = part.duplicate();
                while (rest.hasRemaining()) {
                    if (pending == CHUNK) {
                        encryptChunk(out);
                    }
                    int step = Math.min(rest.remaining(), CHUNK - pending);
                    rest.get(plain, pending, step);
                    pending += step;
                }
            }
            return encryptRest(mask, out);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void encryptChunk(ByteBuffer out) throws GeneralSecurityException {
        cbc.update(plain, 0, CHUNK, scratch, 0);
        ctr.update(plain, 0, CHUNK, scratch, 0);
        out.put(scratch, 0, CHUNK);
        pending = 0;
    }

    private byte[] encryptRest(byte[] mask, ByteBuffer out) throws GeneralSecurityException {
        if (pending > 0) {
            ctr.update(plain, 0, pending, scratch, 0);
            out.put(scratch, 0, pending);
        }
        return finish(mask);
    }

    @Override
    public boolean decrypt(byte[] nonce, byte[] associated, ByteBuffer in, byte[] tag, ByteBuffer out) {
        try {
            byte[] mask = begin(nonce, associated, in.remaining());
            ByteBuffer rest = in.duplicate();
            while (rest.hasRemaining()) {
                int step = Math.min(rest.remaining(), CHUNK);
                rest.get(scratch, 0, step);
                ctr.update(scratch, 0, step, plain, 0);
                out.put(plain, 0, step);
                if (step == CHUNK && rest.hasRemaining()) {
                    cbc.update(plain, 0, CHUNK, scratch, 0);
                } else {
                    pending = step;
                }
            }
            return MessageDigest.isEqual(finish(mask), tag);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Starts both ciphers; answers the block that masks the tag. */
    private byte[] begin(byte[] nonce, byte[] associated, int length) throws GeneralSecurityException {
        var counter = new byte[BLOCK];
        counter[0] = LENGTH_SIZE - 1;
        System.arraycopy(nonce, 0, counter, 1, NONCE);
        ctr.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(counter));
        byte[] mask = ctr.update(new byte[BLOCK]);

        int header = BLOCK + (2 + associated.length + BLOCK - 1) / BLOCK * BLOCK;
        var first = new byte[header];
        System.arraycopy(counter, 0, first, 0, BLOCK);
        first[0] = (byte) (0x40 | ((TAG - 2) / 2) << 3 | (LENGTH_SIZE - 1));
        for (int i = 0; i < 4; i++) {
            first[BLOCK - 1 - i] = (byte) (length >>> (8 * i));
        }
        first[BLOCK] = (byte) (associated.length >> 8);
        first[BLOCK + 1] = (byte) associated.length;
        System.arraycopy(associated, 0, first, BLOCK + 2, associated.length);
        headerMac = cbc.update(first);
        pending = 0;
        return mask;
    }

    /** Ends the CBC-MAC with what is left in {@link #plain}, padded with zeros. */
    private byte[] finish(byte[] mask) throws GeneralSecurityException {
        int padded = (pending + BLOCK - 1) / BLOCK * BLOCK;
        for (int i = pending; i < padded; i++) {
            plain[i] = 0;
        }
        byte[] tag = new byte[BLOCK];
        if (padded == 0) {
            // No data at all: the chain ended with the header.
            System.arraycopy(headerMac, headerMac.length - BLOCK, tag, 0, BLOCK);
            cbc.doFinal(new byte[BLOCK]); // only to reset the chain
        } else {
            int produced = cbc.doFinal(plain, 0, padded, scratch, 0);
            System.arraycopy(scratch, produced - BLOCK, tag, 0, BLOCK);
        }
        for (int i = 0; i < BLOCK; i++) {
            tag[i] ^= mask[i];
        }
        return tag;
    }
}
