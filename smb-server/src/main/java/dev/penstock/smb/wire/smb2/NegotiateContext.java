package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** What a NEGOTIATE of 3.1.1 says beyond the dialect. [MS-SMB2] 2.2.3.1 and 2.2.4.1. */
public sealed interface NegotiateContext {
    /** A client sends seven kinds at most; more than this is an attack or a defect. */
    int MAX_CONTEXTS = 16;

    /** The only hash that is defined: SHA-512. */
    int HASH_SHA_512 = 1;

    /** AES-128-CCM. */
    int AES_128_CCM = 1;

    /** AES-128-GCM. */
    int AES_128_GCM = 2;

    /** AES-256-CCM. */
    int AES_256_CCM = 3;

    /** AES-256-GCM. */
    int AES_256_GCM = 4;

    /** HMAC-SHA256, for 2.x only. */
    int SIGN_HMAC_SHA256 = 0;

    /** AES-CMAC. */
    int SIGN_AES_CMAC = 1;

    /** AES-GMAC. */
    int SIGN_AES_GMAC = 2;

    /** Preauthentication integrity. 2.2.3.1.1. */
    record Preauth(List<Integer> hashes, Blob salt) implements NegotiateContext {}

    /** Encryption, in the client's order of preference. 2.2.3.1.2. */
    record Encryption(List<Integer> ciphers) implements NegotiateContext {}

    /** Signing, in the client's order of preference. 2.2.3.1.7. */
    record Signing(List<Integer> algorithms) implements NegotiateContext {}

    /** Any kind that this server has no use for: compression, server name, transport, RDMA transform. */
    record Other(int type, Blob data) implements NegotiateContext {}

    /** Value of ContextType. */
    default int contextType() {
        return switch (this) {
            case Preauth _ -> 1;
            case Encryption _ -> 2;
            case Signing _ -> 8;
            case Other other -> other.type;
        };
    }

    /** Reads the list at {@code offset} from the header. */
    static List<NegotiateContext> decodeList(WireReader body, long offset, int count) throws MalformedMessage {
        WireReader.require(count <= MAX_CONTEXTS, "NegotiateContextCount");
        WireReader.require((offset & 7) == 0, "NegotiateContextOffset");
        var contexts = new ArrayList<NegotiateContext>();
        WireReader message = body.from(0);
        long at = offset;
        for (int i = 0; i < count; i++) {
            WireReader.require(at >= Header.SIZE && at <= message.size() - 8, "negotiate context outside the message");
            int type = message.u16((int) at);
            int length = message.u16((int) at + 2);
            contexts.add(decode(type, message.slice(message.span(at + 8, length))));
            at += 8 + (length + 7 & -8);
        }
        return List.copyOf(contexts);
    }

    private static NegotiateContext decode(int type, WireReader data) throws MalformedMessage {
        return switch (type) {
            case 1 -> {
                int count = data.u16(0);
                yield new Preauth(list(data, 4, count), data.blob(data.span(4 + 2L * count, data.u16(2))));
            }
            case 2 -> new Encryption(list(data, 2, data.u16(0)));
            case 8 -> new Signing(list(data, 2, data.u16(0)));
            default -> new Other(type, data.blob(data.span(0, data.size())));
        };
    }

    private static List<Integer> list(WireReader data, int at, int count) throws MalformedMessage {
        WireReader.require(at + 2L * count <= data.size(), "a list of algorithms is cut off");
        var values = new ArrayList<Integer>();
        for (int i = 0; i < count; i++) {
            values.add(data.u16(at + 2 * i));
        }
        return List.copyOf(values);
    }

    /** Writes the list; each context but the last is padded to 8 bytes. */
    static void encodeList(List<NegotiateContext> contexts, WireWriter out, int start) {
        for (NegotiateContext context : contexts) {
            out.align(start, 8);
            var data = new WireWriter(64);
            switch (context) {
                case Preauth preauth -> {
                    data.u16(preauth.hashes.size()).u16(preauth.salt.length());
                    preauth.hashes.forEach(data::u16);
                    data.blob(preauth.salt);
                }
                case Encryption encryption -> {
                    data.u16(encryption.ciphers.size());
                    encryption.ciphers.forEach(data::u16);
                }
                case Signing signing -> {
                    data.u16(signing.algorithms.size());
                    signing.algorithms.forEach(data::u16);
                }
                case Other other -> data.blob(other.data);
            }
            out.u16(context.contextType()).u16(data.position()).i32(0).bytes(data.toArray());
        }
    }
}
