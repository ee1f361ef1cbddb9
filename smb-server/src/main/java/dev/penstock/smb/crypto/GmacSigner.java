package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-GMAC: AES-GCM of nothing, with the message as associated data. [MS-SMB2] 3.1.4.1 has the nonce's layout. */
final class GmacSigner implements MessageSigner {
    private static final int TAG_BITS = 128;
    private static final int FROM_SERVER = 0x1;
    private static final int CANCEL = 0x2;

    private final SecretKeySpec key;
    private Cipher gcm;
    private byte[] scratch = new byte[1024];

    GmacSigner(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
        this.gcm = newCipher();
    }

    @Override
    public byte[] sign(List<ByteBuffer> parts, Role role) {
        try {
            initialise(role);
            int length = 0;
            for (ByteBuffer part : parts) {
                length += part.remaining();
            }
            // The JDK keeps a copy of associated data until the end: given in one piece it takes memory once, and of
            // the right size.
            if (scratch.length < length) {
                scratch = new byte[Math.max(length, 2 * scratch.length)];
            }
            int at = 0;
            for (ByteBuffer part : parts) {
                int step = part.remaining();
                part.get(part.position(), scratch, at, step);
                at += step;
            }
            gcm.updateAAD(scratch, 0, length);
            return gcm.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void initialise(Role role) throws GeneralSecurityException {
        var nonce = new byte[12];
        int flags = (role.fromServer() ? FROM_SERVER : 0) | (role.cancel() ? CANCEL : 0);
        ByteBuffer.wrap(nonce)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(role.messageId())
                .putInt(flags);
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
