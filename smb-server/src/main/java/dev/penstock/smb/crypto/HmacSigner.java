package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256, its first 16 bytes. [MS-SMB2] 3.1.4.1. For clients that offer nothing faster. One thread. */
final class HmacSigner implements MessageSigner {
    private final Mac mac;

    HmacSigner(byte[] key) {
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks HmacSHA256", e);
        }
    }

    @Override
    public byte[] sign(List<ByteBuffer> parts, Role role) {
        for (ByteBuffer part : parts) {
            mac.update(part.duplicate());
        }
        return Arrays.copyOf(mac.doFinal(), SIZE);
    }
}
