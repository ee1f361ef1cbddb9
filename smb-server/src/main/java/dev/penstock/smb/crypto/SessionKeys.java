package dev.penstock.smb.crypto;

import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The keys of a session, derived by SP 800-108 in counter mode with HMAC-SHA256. [MS-SMB2] 3.1.4.2, 3.3.5.5.3. */
public final class SessionKeys {
    private static final int KEY_128 = 16;
    private static final int KEY_256 = 32;

    private final byte[] signing;
    private final byte[] clientToServer;
    private final byte[] serverToClient;

    private SessionKeys(byte[] signing, byte[] clientToServer, byte[] serverToClient) {
        this.signing = signing;
        this.clientToServer = clientToServer;
        this.serverToClient = serverToClient;
    }

    /**
     * Derives the keys.
     *
     * @param sessionKey as the authentication gave it
     * @param dialect 3.0, 3.0.2 or 3.1.1
     * @param cipher the connection's, which decides the length; 0 where there is none
     * @param preauthHash of the session setup, for 3.1.1
     */
    public static SessionKeys derive(byte[] sessionKey, int dialect, int cipher, byte[] preauthHash) {
        byte[] first16 = Arrays.copyOf(sessionKey, KEY_128);
        boolean wide = cipher == NegotiateContext.AES_256_CCM || cipher == NegotiateContext.AES_256_GCM;
        // Only the cipher keys of 256 bits come from the full session key. 3.3.5.5.3
        byte[] cipherSource = wide ? sessionKey : first16;
        int cipherLength = wide ? KEY_256 : KEY_128;
        if (dialect == Negotiate.SMB_311) {
            return new SessionKeys(
                    derive(first16, "SMBSigningKey", preauthHash, KEY_128),
                    derive(cipherSource, "SMBC2SCipherKey", preauthHash, cipherLength),
                    derive(cipherSource, "SMBS2CCipherKey", preauthHash, cipherLength));
        }
        return new SessionKeys(
                derive(first16, "SMB2AESCMAC", terminated("SmbSign"), KEY_128),
                derive(first16, "SMB2AESCCM", terminated("ServerIn "), KEY_128),
                derive(first16, "SMB2AESCCM", terminated("ServerOut"), KEY_128));
    }

    /** Key of signatures, 16 bytes, both directions. */
    public byte[] signing() {
        return signing;
    }

    /** Key of what clients encrypt. */
    public byte[] clientToServer() {
        return clientToServer;
    }

    /** Key of what servers encrypt. */
    public byte[] serverToClient() {
        return serverToClient;
    }

    static byte[] derive(byte[] key, String label, byte[] context, int bytes) {
        try {
            Mac hmac = Mac.getInstance("HmacSHA256");
            hmac.init(new SecretKeySpec(key, "HmacSHA256"));
            hmac.update(new byte[] {0, 0, 0, 1}); // one block is enough for 256 bits
            hmac.update(terminated(label));
            hmac.update((byte) 0);
            hmac.update(context);
            hmac.update(new byte[] {0, 0, (byte) (bytes >> 5), (byte) (bytes * 8)});
            return Arrays.copyOf(hmac.doFinal(), bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks HmacSHA256", e);
        }
    }

    private static byte[] terminated(String text) {
        return (text + '\0').getBytes(StandardCharsets.US_ASCII);
    }
}
