package dev.penstock.smb.crypto;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * A chain of SHA-512 over the messages before a session has keys. [MS-SMB2] 3.1.4.2, 3.3.5.4, 3.3.5.5. Immutable: a session's chain goes
 * on from where the connection's stands.
 */
public final class PreauthHash {
    /** Before any message: 64 zeros. */
    public static final PreauthHash START = new PreauthHash(new byte[64]);

    private final byte[] value;

    private PreauthHash(byte[] value) {
        this.value = value;
    }

    /** The chain with one more message, from the buffer's position to its limit. */
    public PreauthHash with(ByteBuffer message) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-512");
            sha.update(value);
            sha.update(message.duplicate());
            return new PreauthHash(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK lacks SHA-512", e);
        }
    }

    /** The 64 bytes. */
    public byte[] value() {
        return Arrays.copyOf(value, value.length);
    }
}
