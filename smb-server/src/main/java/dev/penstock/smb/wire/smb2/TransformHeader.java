package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/**
 * The 52 bytes before an encrypted message. [MS-SMB2] 2.2.41. Signature and nonce are left to those who have the bytes.
 *
 * @param originalMessageSize bytes of what is encrypted
 */
public record TransformHeader(int originalMessageSize, int flags, long sessionId) {
    /** Bytes of the header. */
    public static final int SIZE = 52;

    /** First four bytes, 0xFD 'S' 'M' 'B'. */
    public static final int PROTOCOL_ID = 0x424D53FD;

    /** Where the 16 bytes of the signature are. */
    public static final int SIGNATURE = 4;

    /** Where the nonce is, which is also where the authenticated part of the header starts. */
    public static final int NONCE = 20;

    /** Flags in 3.1.1, EncryptionAlgorithm before: both have the same one legal value. */
    public static final int ENCRYPTED = 0x1;

    /** Reads a header at the start of the memory. */
    public static TransformHeader decode(WireReader message) throws MalformedMessage {
        WireReader.require(message.i32(0) == PROTOCOL_ID, "not an encrypted message");
        long size = message.u32(36);
        WireReader.require(size == message.size() - SIZE, "OriginalMessageSize");
        WireReader.require(size >= Header.SIZE, "an encrypted message too short for a header");
        return new TransformHeader((int) size, message.u16(42), message.i64(44));
    }

    /** Writes the header with a signature of zeros. */
    public void encode(WireWriter out, byte[] nonce) {
        out.i32(PROTOCOL_ID).zeros(16).bytes(nonce).zeros(16 - nonce.length);
        out.i32(originalMessageSize).u16(0).u16(flags).i64(sessionId);
    }
}
