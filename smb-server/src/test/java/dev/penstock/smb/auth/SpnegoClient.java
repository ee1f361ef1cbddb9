package dev.penstock.smb.auth;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Objects;

/**
 * A client's side of NTLMv2 inside of SPNEGO with all that it has for the protection of the logon itself: a session key of the client's
 * choice, a MIC over the three messages, and one over the list of mechanisms, which the server must answer. Used once.
 */
public final class SpnegoClient {
    private static final int FIXED = 88; // up to and with the MIC
    private static final int MIC = 72;
    private static final int PROOF = 16;
    private static final int TIMESTAMP = 7;
    private static final int AV_FLAGS = 6;
    private static final int MIC_SENT = 2;
    private static final int WANTED = NtlmMessages.UNICODE
            | NtlmMessages.REQUEST_TARGET
            | NtlmMessages.SIGN
            | NtlmMessages.NTLM
            | NtlmMessages.ALWAYS_SIGN
            | NtlmMessages.EXTENDED_SESSION_SECURITY
            | NtlmMessages.TARGET_INFO
            | NtlmMessages.KEY_128
            | NtlmMessages.KEY_EXCHANGE
            | NtlmMessages.KEY_56;
    private static final byte[] MECHANISMS = Der.element(Der.SEQUENCE, Der.element(Der.OID, Spnego.NTLMSSP));
    private static final SecureRandom RANDOM = new SecureRandom();

    private final UserStore users;
    private final String user;
    private final byte[] key = new byte[16];
    private byte[] negotiate = new byte[0];

    /** A client that knows what the store knows. */
    public SpnegoClient(UserStore users, String user) {
        this.users = users;
        this.user = user;
        RANDOM.nextBytes(key);
    }

    /** NegTokenInit with NEGOTIATE_MESSAGE. */
    public byte[] first() {
        negotiate = new WireWriter()
                .latin1("NTLMSSP\0")
                .i32(1)
                .i32(WANTED)
                .zeros(16)
                .toArray();
        return Der.element(
                Der.APPLICATION_0,
                Der.element(Der.OID, new byte[] {0x2B, 0x06, 0x01, 0x05, 0x05, 0x02}),
                Der.element(
                        Der.CONTEXT_0,
                        Der.element(
                                Der.SEQUENCE,
                                Der.element(Der.CONTEXT_0, MECHANISMS),
                                Der.element(Der.CONTEXT_0 + 2, Der.element(Der.OCTET_STRING, negotiate)))));
    }

    /** NegTokenResp with AUTHENTICATE_MESSAGE, for the server's NegTokenResp with CHALLENGE_MESSAGE. */
    public byte[] second(byte[] token) throws MalformedMessage {
        byte[] challenge = Objects.requireNonNull(response(token).token(), "a challenge");
        byte[] authenticate = authenticate(challenge);
        byte[] mic = NtlmCrypto.hmacMd5(key, negotiate, challenge, authenticate);
        System.arraycopy(mic, 0, authenticate, MIC, mic.length);
        return Der.element(
                Der.CONTEXT_0 + 1,
                Der.element(
                        Der.SEQUENCE,
                        Der.element(Der.CONTEXT_0 + 2, Der.element(Der.OCTET_STRING, authenticate)),
                        Der.element(
                                Der.CONTEXT_0 + 3,
                                Der.element(Der.OCTET_STRING, NtlmCrypto.mic(key, MECHANISMS, false, true)))));
    }

    /** Whether the server's last token proves that it has the key, and took the list of mechanisms as it was sent. */
    public boolean isProved(byte[] token) throws MalformedMessage {
        return Arrays.equals(response(token).mic(), NtlmCrypto.mic(key, MECHANISMS, true, true));
    }

    /** The session key. */
    public byte[] key() {
        return key.clone();
    }

    private static Spnego.Response response(byte[] token) throws MalformedMessage {
        return (Spnego.Response) Spnego.decode(token);
    }

    private byte[] authenticate(byte[] challenge) throws MalformedMessage {
        var in = new WireReader(ByteBuffer.wrap(challenge));
        byte[] nonce = Arrays.copyOfRange(challenge, 24, 24 + NtlmMessages.CHALLENGE_SIZE);
        byte[] info = in.blob(in.span(in.u32(44), in.u16(40))).toArray();
        byte[] proved = proved(info);
        byte[] hash = users.ntHash(user);
        byte[] responseKey = NtlmCrypto.responseKey(hash == null ? new byte[16] : hash, user, "");
        byte[] proof = NtlmCrypto.hmacMd5(responseKey, nonce, proved);
        byte[] encryptedKey = NtlmCrypto.rc4(NtlmCrypto.hmacMd5(responseKey, proof), key);
        byte[] name = user.getBytes(StandardCharsets.UTF_16LE);
        var out = new WireWriter();
        out.latin1("NTLMSSP\0").i32(3);
        int at = FIXED;
        field(out, 0, at); // LmChallengeResponse
        field(out, PROOF + proved.length, at); // NtChallengeResponse
        at += PROOF + proved.length;
        field(out, 0, at); // DomainName
        field(out, name.length, at); // UserName
        at += name.length;
        field(out, 0, at); // Workstation
        field(out, encryptedKey.length, at); // EncryptedRandomSessionKey
        out.i32(WANTED & in.i32(20) | NtlmMessages.KEY_EXCHANGE).zeros(8 + 16); // Version, MIC
        return out.bytes(proof).bytes(proved).bytes(name).bytes(encryptedKey).toArray();
    }

    /** NTLMv2_CLIENT_CHALLENGE: the server's attributes with the word that a MIC was sent. [MS-NLMP] 2.2.2.7. */
    private static byte[] proved(byte[] info) {
        var attributes = ByteBuffer.wrap(info).order(ByteOrder.LITTLE_ENDIAN);
        long time = 0;
        int at = 0;
        while (attributes.getShort(at) != 0) {
            int length = attributes.getShort(at + 2);
            time = attributes.getShort(at) == TIMESTAMP ? attributes.getLong(at + 4) : time;
            at += 4 + length;
        }
        var nonce = new byte[8];
        RANDOM.nextBytes(nonce);
        return new WireWriter()
                .u8(1)
                .u8(1)
                .zeros(6)
                .i64(time)
                .bytes(nonce)
                .i32(0)
                .bytes(Arrays.copyOf(info, at))
                .u16(AV_FLAGS)
                .u16(4)
                .i32(MIC_SENT)
                .i32(0) // MsvAvEOL
                .i32(0)
                .toArray();
    }

    private static void field(WireWriter out, int length, int offset) {
        out.u16(length).u16(length).i32(offset);
    }
}
