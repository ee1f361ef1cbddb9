package dev.penstock.smb.auth;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.nio.charset.StandardCharsets;

/** The three messages of NTLM, as a server sees them. [MS-NLMP] 2.2.1, 2.2.2. */
final class NtlmMessages {
    static final int UNICODE = 0x1;
    static final int REQUEST_TARGET = 0x4;
    static final int SIGN = 0x10;
    static final int SEAL = 0x20;
    static final int NTLM = 0x200;
    static final int ANONYMOUS = 0x800;
    static final int ALWAYS_SIGN = 0x8000;
    static final int TARGET_TYPE_SERVER = 0x20000;
    static final int EXTENDED_SESSION_SECURITY = 0x80000;
    static final int TARGET_INFO = 0x800000;
    static final int VERSION = 0x2000000;
    static final int KEY_128 = 0x20000000;
    static final int KEY_EXCHANGE = 0x40000000;
    static final int KEY_56 = 0x80000000;

    static final int CHALLENGE_SIZE = 8;
    static final int MIC_OFFSET = 72;
    static final int MIC_SIZE = 16;

    private static final String SIGNATURE = "NTLMSSP\0";
    private static final int AV_FLAGS = 6;
    private static final int AV_FLAG_MIC = 0x2;

    /** Attributes in one response: ten kinds are defined. */
    private static final int MAX_ATTRIBUTES = 32;

    private NtlmMessages() {}

    /** NEGOTIATE_MESSAGE: only its flags matter. */
    static int negotiateFlags(byte[] message) throws MalformedMessage {
        return checked(message, 1).i32(12);
    }

    /** CHALLENGE_MESSAGE. */
    static byte[] challenge(int flags, byte[] challenge, String computer, long time) {
        byte[] name = computer.getBytes(StandardCharsets.UTF_16LE);
        var info = new WireWriter();
        attribute(info, 2, name); // MsvAvNbDomainName: a server of its own is its own domain
        attribute(info, 1, name); // MsvAvNbComputerName
        attribute(info, 4, new byte[0]); // MsvAvDnsDomainName
        attribute(info, 3, name); // MsvAvDnsComputerName
        info.u16(7).u16(8).i64(time); // MsvAvTimestamp, which makes clients send a MIC
        info.i32(0); // MsvAvEOL
        int payload = 56;
        var out = new WireWriter();
        out.latin1(SIGNATURE).i32(2);
        out.u16(name.length).u16(name.length).i32(payload);
        out.i32(flags).bytes(challenge).i64(0);
        out.u16(info.position()).u16(info.position()).i32(payload + name.length);
        out.u8(10).u8(0).u16(0).u8(0).u8(0).u8(0).u8(15); // Version: only for people's eyes, 2.2.2.10
        return out.bytes(name).bytes(info.toArray()).toArray();
    }

    private static void attribute(WireWriter out, int id, byte[] value) {
        out.u16(id).u16(value.length).bytes(value);
    }

    /**
     * AUTHENTICATE_MESSAGE.
     *
     * @param ntResponse NTProofStr and what it covers
     * @param micPresent whether the client says, under NTProofStr's protection, that it sent a MIC
     */
    record Authenticate(int flags, String user, String domain, Blob ntResponse, Blob encryptedKey, boolean micPresent) {
        static Authenticate decode(byte[] message) throws MalformedMessage {
            WireReader reader = checked(message, 3);
            int flags = reader.i32(60);
            WireReader.require((flags & UNICODE) != 0, "NTLM without Unicode");
            Span response = field(reader, 20);
            Blob ntResponse = reader.blob(response);
            return new Authenticate(
                    flags,
                    reader.utf16(field(reader, 36)),
                    reader.utf16(field(reader, 28)),
                    ntResponse,
                    reader.blob(field(reader, 52)),
                    micPresent(ntResponse.reader()));
        }

        /** True for an NTLMv2 response: 16 bytes of proof, then a structure of at least 28 bytes. NTLMv1's has 24 in all. */
        boolean isNtlmV2() {
            return ntResponse.length() >= 44;
        }

        byte[] proof() {
            byte[] copy = new byte[16];
            ntResponse.buffer().get(copy);
            return copy;
        }

        byte[] proved() {
            byte[] copy = new byte[ntResponse.length() - 16];
            ntResponse.buffer().position(16).get(copy);
            return copy;
        }

        /** Looks into the attributes that the client signed. 2.2.2.7 */
        private static boolean micPresent(WireReader response) throws MalformedMessage {
            int at = 16 + 28;
            for (int i = 0; i < MAX_ATTRIBUTES && at <= response.size() - 4; i++) {
                int id = response.u16(at);
                int length = response.u16(at + 2);
                WireReader.require(length <= response.size() - at - 4, "an attribute beyond the response");
                if (id == 0) {
                    return false;
                }
                if (id == AV_FLAGS && length == 4) {
                    return (response.i32(at + 4) & AV_FLAG_MIC) != 0;
                }
                at += 4 + length;
            }
            return false;
        }
    }

    private static Span field(WireReader reader, int at) throws MalformedMessage {
        return reader.span(reader.u32(at + 4), reader.u16(at));
    }

    private static WireReader checked(byte[] message, int type) throws MalformedMessage {
        WireReader reader = Blob.of(message).reader();
        WireReader.require(
                message.length >= 16 && reader.latin1(new Span(0, 8)).equals(SIGNATURE) && reader.i32(8) == type,
                "not the NTLM message expected");
        return reader;
    }

    /** True where the bytes are NTLM without SPNEGO around it. */
    static boolean isBare(byte[] token) {
        return token.length >= 8 && new String(token, 0, 8, StandardCharsets.ISO_8859_1).equals(SIGNATURE);
    }
}
