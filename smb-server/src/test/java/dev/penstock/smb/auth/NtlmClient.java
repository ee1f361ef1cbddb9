package dev.penstock.smb.auth;

import dev.penstock.smb.wire.WireWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A client's side of NTLMv2, as little of it as a server accepts: no SPNEGO, no key exchange, no MIC. */
public final class NtlmClient {
    private static final int FIXED = 64;
    private static final int PROOF = 16;
    private static final int PROVED = 32;

    private final UserStore users;
    private final String user;
    private byte[] key = new byte[0];

    /** A client that knows what the store knows; nobody where the user is empty. */
    public NtlmClient(UserStore users, String user) {
        this.users = users;
        this.user = user;
    }

    /** NEGOTIATE_MESSAGE. */
    public byte[] negotiate() {
        return new WireWriter()
                .latin1("NTLMSSP\0")
                .i32(1)
                .i32(NtlmMessages.UNICODE)
                .zeros(16)
                .toArray();
    }

    /** AUTHENTICATE_MESSAGE. */
    public byte[] authenticate(byte[] challengeMessage) {
        byte[] challenge = Arrays.copyOfRange(challengeMessage, 24, 24 + NtlmMessages.CHALLENGE_SIZE);
        byte[] proved = ByteBuffer.allocate(PROVED)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) 0x101)
                .array();
        byte[] hash = users.ntHash(user);
        byte[] responseKey = NtlmCrypto.responseKey(hash == null ? new byte[16] : hash, user, "");
        byte[] proof = NtlmCrypto.hmacMd5(responseKey, challenge, proved);
        key = NtlmCrypto.hmacMd5(responseKey, proof);
        byte[] name = user.getBytes(StandardCharsets.UTF_16LE);
        boolean nobody = user.isEmpty();
        var out = new WireWriter();
        out.latin1("NTLMSSP\0").i32(3);
        field(out, 0, FIXED); // LmChallengeResponse
        field(out, nobody ? 0 : PROOF + PROVED, FIXED + name.length); // NtChallengeResponse
        field(out, 0, FIXED); // DomainName
        field(out, name.length, FIXED); // UserName
        field(out, 0, FIXED); // Workstation
        field(out, 0, FIXED); // EncryptedRandomSessionKey
        out.i32(NtlmMessages.UNICODE | NtlmMessages.NTLM | (nobody ? NtlmMessages.ANONYMOUS : 0));
        if (nobody) {
            return out.toArray();
        }
        return out.bytes(name).bytes(proof).bytes(proved).toArray();
    }

    private static void field(WireWriter out, int length, int offset) {
        out.u16(length).u16(length).i32(offset);
    }

    /** The session key, once authenticated. */
    public byte[] key() {
        return key.clone();
    }
}
