package dev.penstock.collective;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What two ranks tell each other when they connect, as private data of the connection and in the first message. Big-endian: "PSC2", u16 size, u16
 * rank, nonce; with the proof 56 bytes, all that an adapter may take.
 *
 * <p>Each proves that it knows the group's secret by an HMAC-SHA256 over both nonces and both ranks: the answering rank in its private
 * data, the asking one in its first message. A recorded proof is of no use, since the other side's nonce is new each time.
 *
 * @param size ranks of the group, at most 65535
 * @param rank of the sender
 * @param nonce 16 bytes of the sender's choice, as two longs
 */
record Introduction(int size, int rank, long nonceHigh, long nonceLow) {
    private static final int MAGIC = 0x50_53_43_32; // "PSC2"
    static final int BYTES = 4 + 2 + 2 + 16;
    static final int PROOF_BYTES = 32;
    private static final byte[] PULSE = {'p', 'u', 'l', 's', 'e'};

    byte[] encode(byte[] proof) {
        return ByteBuffer.allocate(BYTES + proof.length)
                .putInt(MAGIC)
                .putShort((short) size)
                .putShort((short) rank)
                .putLong(nonceHigh)
                .putLong(nonceLow)
                .put(proof)
                .array();
    }

    /** Null where the bytes are no introduction; more may follow. */
    static @Nullable Introduction decode(byte[] from) {
        if (from.length < BYTES) {
            return null;
        }
        var in = ByteBuffer.wrap(from);
        if (in.getInt() != MAGIC) {
            return null;
        }
        return new Introduction(
                Short.toUnsignedInt(in.getShort()), Short.toUnsignedInt(in.getShort()), in.getLong(), in.getLong());
    }

    /** The proof behind an introduction; zeros may follow it, as behind all private data. */
    static byte[] proofIn(byte[] from) {
        return Arrays.copyOfRange(from, BYTES, BYTES + PROOF_BYTES);
    }

    /** What the sender of this introduction shows to the rank that sent the other. */
    byte[] proof(byte[] secret, Introduction to) {
        return proof(secret, to, new byte[0]);
    }

    /** What it shows for the second connection with that rank. */
    byte[] pulseProof(byte[] secret, Introduction to) {
        return proof(secret, to, PULSE);
    }

    private byte[] proof(byte[] secret, Introduction to, byte[] purpose) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            // An empty secret is not a key to the JDK; a group without a secret proves nothing but that it speaks this
            // protocol.
            mac.init(new SecretKeySpec(secret.length == 0 ? new byte[1] : secret, "HmacSHA256"));
            mac.update(encode(purpose));
            return mac.doFinal(to.encode(new byte[0]));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HMAC-SHA256 is in every JDK", e);
        }
    }

    boolean proven(byte[] secret, Introduction to, byte[] shown) {
        return MessageDigest.isEqual(proof(secret, to), shown);
    }
}
