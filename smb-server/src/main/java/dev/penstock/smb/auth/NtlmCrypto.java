package dev.penstock.smb.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Locale;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The primitives of NTLMv2. [MS-NLMP] 3.3.2, 3.4. Stateless. */
final class NtlmCrypto {
    private NtlmCrypto() {}

    static byte[] hmacMd5(byte[] key, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(key, "HmacMD5"));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks HmacMD5", e);
        }
    }

    /** NTOWFv2. */
    static byte[] responseKey(byte[] ntHash, String user, String domain) {
        return hmacMd5(ntHash, (user.toUpperCase(Locale.ROOT) + domain).getBytes(StandardCharsets.UTF_16LE));
    }

    static byte[] rc4(byte[] key, byte[] text) {
        return rc4(key).update(text);
    }

    /** RC4 at the start of its key stream. */
    static Cipher rc4(byte[] key) {
        try {
            Cipher rc4 = Cipher.getInstance("ARCFOUR");
            rc4.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "ARCFOUR"));
            return rc4;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks RC4", e);
        }
    }

    /** MIC over a message, the first one in its direction, with extended session security. 3.4.4.2. */
    static byte[] mic(byte[] sessionKey, byte[] message, boolean fromServer, boolean keyExchange) {
        String direction = fromServer ? "server-to-client" : "client-to-server";
        byte[] checksum = new byte[8];
        System.arraycopy(hmacMd5(signKey(sessionKey, direction), new byte[4], message), 0, checksum, 0, 8);
        if (keyExchange) {
            checksum = rc4(sealKey(sessionKey, direction), checksum);
        }
        var mic = new byte[16];
        mic[0] = 1;
        System.arraycopy(checksum, 0, mic, 4, 8);
        return mic;
    }

    /** SIGNKEY, 3.4.5.2. */
    static byte[] signKey(byte[] sessionKey, String direction) {
        return md5(sessionKey, "session key to " + direction + " signing key magic constant\0");
    }

    /** SEALKEY of a key that was cut to its strength, 3.4.5.3. */
    static byte[] sealKey(byte[] sessionKey, String direction) {
        return md5(sessionKey, "session key to " + direction + " sealing key magic constant\0");
    }

    private static byte[] md5(byte[] key, String constant) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(key);
            return md5.digest(constant.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks MD5", e);
        }
    }
}
