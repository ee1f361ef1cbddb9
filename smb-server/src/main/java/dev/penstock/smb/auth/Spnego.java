package dev.penstock.smb.auth;

import dev.penstock.smb.wire.MalformedMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tokens of SPNEGO. RFC 4178 4.2, [MS-SPNG] 2.2.1. */
final class Spnego {
    /** negState accept-completed. */
    static final int ACCEPT_COMPLETED = 0;

    /** negState accept-incomplete. */
    static final int ACCEPT_INCOMPLETE = 1;

    /** negState reject. */
    static final int REJECT = 2;

    /** negState request-mic: the mechanism is not the client's first choice. */
    static final int REQUEST_MIC = 3;

    /** 1.3.6.1.4.1.311.2.2.10. */
    static final byte[] NTLMSSP = {0x2B, 0x06, 0x01, 0x04, 0x01, (byte) 0x82, 0x37, 0x02, 0x02, 0x0A};

    /** Mechanisms that one token may list; Windows lists four. */
    private static final int MAX_MECHANISMS = 32;

    /** 1.3.6.1.5.5.2. */
    private static final byte[] SPNEGO = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x02};

    private Spnego() {}

    /** A token from a client. */
    sealed interface Token {}

    /**
     * The client's first token.
     *
     * @param mechanismList the DER of the list itself, which the MIC at the end covers
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Init(List<byte[]> mechanisms, byte[] mechanismList, byte @Nullable [] token) implements Token {
        /** Position of NTLM in the client's list, or -1. */
        int ntlm() {
            for (int i = 0; i < mechanisms.size(); i++) {
                if (Arrays.equals(mechanisms.get(i), NTLMSSP)) {
                    return i;
                }
            }
            return -1;
        }
    }

    /** Any later token. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Response(byte @Nullable [] token, byte @Nullable [] mic) implements Token {}

    static Token decode(byte[] bytes) throws MalformedMessage {
        var der = new Der(bytes);
        if (der.peek() == Der.APPLICATION_0) {
            Der wrapper = der.enter(Der.APPLICATION_0);
            if (!Arrays.equals(wrapper.enter(Der.OID).rest(), SPNEGO)) {
                throw new MalformedMessage("not SPNEGO");
            }
            return init(wrapper.enter(Der.CONTEXT_0).enter(Der.SEQUENCE));
        }
        return response(der.enter(Der.CONTEXT_0 + 1).enter(Der.SEQUENCE));
    }

    private static Init init(Der sequence) throws MalformedMessage {
        var mechanisms = new ArrayList<byte[]>();
        byte[] list = {};
        byte[] token = null;
        while (sequence.hasMore()) {
            switch (sequence.peek()) {
                case Der.CONTEXT_0 -> {
                    Der field = sequence.enter(Der.CONTEXT_0);
                    list = field.rest();
                    Der oids = field.enter(Der.SEQUENCE);
                    while (oids.hasMore()) {
                        if (mechanisms.size() == MAX_MECHANISMS) {
                            throw new MalformedMessage("SPNEGO: too many mechanisms");
                        }
                        mechanisms.add(oids.enter(Der.OID).rest());
                    }
                }
                case Der.CONTEXT_0 + 2 ->
                    token = sequence.enter(Der.CONTEXT_0 + 2)
                            .enter(Der.OCTET_STRING)
                            .rest();
                default -> sequence.skip();
            }
        }
        return new Init(mechanisms, list, token);
    }

    private static Response response(Der sequence) throws MalformedMessage {
        byte[] token = null;
        byte[] mic = null;
        while (sequence.hasMore()) {
            switch (sequence.peek()) {
                case Der.CONTEXT_0 + 2 ->
                    token = sequence.enter(Der.CONTEXT_0 + 2)
                            .enter(Der.OCTET_STRING)
                            .rest();
                case Der.CONTEXT_0 + 3 ->
                    mic = sequence.enter(Der.CONTEXT_0 + 3)
                            .enter(Der.OCTET_STRING)
                            .rest();
                default -> sequence.skip();
            }
        }
        return new Response(token, mic);
    }

    /** What the server offers in NEGOTIATE: NegTokenInit2, with the hint that clients expect to see. */
    static byte[] offer() {
        byte[] mechanisms = Der.element(Der.CONTEXT_0, Der.element(Der.SEQUENCE, Der.element(Der.OID, NTLMSSP)));
        byte[] hint = Der.element(
                Der.GENERAL_STRING, "not_defined_in_RFC4178@please_ignore".getBytes(StandardCharsets.US_ASCII));
        byte[] hints = Der.element(Der.CONTEXT_0 + 3, Der.element(Der.SEQUENCE, Der.element(Der.CONTEXT_0, hint)));
        return Der.element(
                Der.APPLICATION_0,
                Der.element(Der.OID, SPNEGO),
                Der.element(Der.CONTEXT_0, Der.element(Der.SEQUENCE, mechanisms, hints)));
    }

    /** NegTokenResp. */
    static byte[] respond(int state, boolean nameMechanism, byte @Nullable [] token, byte @Nullable [] mic) {
        byte[] none = {};
        return Der.element(
                Der.CONTEXT_0 + 1,
                Der.element(
                        Der.SEQUENCE,
                        Der.element(Der.CONTEXT_0, Der.element(Der.ENUMERATED, new byte[] {(byte) state})),
                        nameMechanism ? Der.element(Der.CONTEXT_0 + 1, Der.element(Der.OID, NTLMSSP)) : none,
                        token == null ? none : Der.element(Der.CONTEXT_0 + 2, Der.element(Der.OCTET_STRING, token)),
                        mic == null ? none : Der.element(Der.CONTEXT_0 + 3, Der.element(Der.OCTET_STRING, mic))));
    }
}
