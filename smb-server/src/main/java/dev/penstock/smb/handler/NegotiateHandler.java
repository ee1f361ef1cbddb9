package dev.penstock.smb.handler;

import dev.penstock.smb.auth.Authentication;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.dtyp.FileTime;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import dev.penstock.smb.wire.smb2.NegotiateContext.Encryption;
import dev.penstock.smb.wire.smb2.NegotiateContext.Preauth;
import dev.penstock.smb.wire.smb2.NegotiateContext.Signing;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** NEGOTIATE. [MS-SMB2] 3.3.5.4. */
final class NegotiateHandler {
    private static final int SALT = 32;

    /** Of every SMB 3 connection. */
    private static final int CAPABILITIES = Negotiate.CAP_LARGE_MTU
            | Negotiate.CAP_LEASING
            | Negotiate.CAP_MULTI_CHANNEL
            | Negotiate.CAP_DIRECTORY_LEASING;

    private static final SecureRandom RANDOM = new SecureRandom();

    /** The best first: a key of 256 bits adds nothing to a session key of 128, as NTLM's is, and costs time. */
    private static final List<Integer> CIPHERS = List.of(
            NegotiateContext.AES_128_GCM,
            NegotiateContext.AES_256_GCM,
            NegotiateContext.AES_128_CCM,
            NegotiateContext.AES_256_CCM);

    private static final List<Integer> SIGNING =
            List.of(NegotiateContext.SIGN_AES_GMAC, NegotiateContext.SIGN_AES_CMAC, NegotiateContext.SIGN_HMAC_SHA256);

    private final ServerState server;
    private final ConnectionState connection;

    NegotiateHandler(ServerState server, ConnectionState connection) {
        this.server = server;
        this.connection = connection;
    }

    /** The answer to an SMB1 opener: go on in SMB2. */
    Negotiate.Response wildcard() {
        return response(Negotiate.SMB2_WILDCARD, Negotiate.CAP_LARGE_MTU, List.of());
    }

    void handle(Exchange exchange, Negotiate.Request request) {
        if (connection.agreement() != null) {
            exchange.sink.disconnect(exchange, "a second NEGOTIATE");
            return;
        }
        if (request.dialects().isEmpty()) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        int dialect = 0;
        for (int offered : request.dialects()) {
            boolean known =
                    offered == Negotiate.SMB_311 || offered == Negotiate.SMB_302 || offered == Negotiate.SMB_300;
            dialect = known ? Math.max(dialect, offered) : dialect;
        }
        if (dialect == 0) {
            exchange.finish(Outcome.failed(NtStatus.NOT_SUPPORTED));
        } else if (dialect == Negotiate.SMB_311) {
            agree311(exchange, request);
        } else {
            agree30(exchange, request, dialect);
        }
    }

    private void agree30(Exchange exchange, Negotiate.Request request, int dialect) {
        boolean encryption = (request.capabilities() & Negotiate.CAP_ENCRYPTION) != 0;
        int capabilities = CAPABILITIES | (encryption ? Negotiate.CAP_ENCRYPTION : 0);
        agree(
                request,
                dialect,
                capabilities,
                encryption ? NegotiateContext.AES_128_CCM : 0,
                NegotiateContext.SIGN_AES_CMAC);
        exchange.finish(Outcome.done(response(dialect, capabilities, List.of())));
    }

    private void agree311(Exchange exchange, Negotiate.Request request) {
        Preauth preauth = null;
        Encryption encryption = null;
        Signing signing = null;
        int preauths = 0;
        for (NegotiateContext context : request.contexts()) {
            switch (context) {
                case Preauth p -> {
                    preauth = p;
                    preauths++;
                }
                case Encryption e -> encryption = e;
                case Signing s -> signing = s;
                case NegotiateContext.Other _ -> {}
            }
        }
        if (preauth == null || preauths != 1) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        if (!preauth.hashes().contains(NegotiateContext.HASH_SHA_512)) {
            exchange.finish(Outcome.failed(NtStatus.SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP));
            return;
        }
        int cipher = encryption == null ? 0 : first(CIPHERS, encryption.ciphers(), 0);
        int algorithm = signing == null
                ? NegotiateContext.SIGN_AES_CMAC
                : first(SIGNING, signing.algorithms(), NegotiateContext.SIGN_AES_CMAC);
        agree(request, Negotiate.SMB_311, CAPABILITIES, cipher, algorithm);
        connection.preauth(connection.preauth().with(exchange.incoming.raw()));
        exchange.onEncoded(bytes -> connection.preauth(connection.preauth().with(bytes)));
        exchange.finish(Outcome.done(
                response(Negotiate.SMB_311, CAPABILITIES, answers(encryption, cipher, signing, algorithm))));
    }

    /** One hash, and one algorithm for each question that the client asked: a Mac refuses a longer answer. */
    private static List<NegotiateContext> answers(
            @Nullable Encryption encryption, int cipher, @Nullable Signing signing, int algorithm) {
        var salt = new byte[SALT];
        RANDOM.nextBytes(salt);
        var answers = new ArrayList<NegotiateContext>();
        answers.add(new Preauth(List.of(NegotiateContext.HASH_SHA_512), Blob.of(salt)));
        if (encryption != null) {
            answers.add(new Encryption(List.of(cipher)));
        }
        if (signing != null) {
            answers.add(new Signing(List.of(algorithm)));
        }
        return answers;
    }

    private void agree(Negotiate.Request request, int dialect, int capabilities, int cipher, int algorithm) {
        connection.agree(new ConnectionState.Agreement(
                dialect,
                request.clientGuid(),
                request.capabilities(),
                request.securityMode(),
                request.dialects(),
                capabilities,
                securityMode(),
                cipher,
                algorithm));
    }

    private Negotiate.Response response(int dialect, int capabilities, List<NegotiateContext> contexts) {
        int max = server.policy().maxTransact();
        return new Negotiate.Response(
                securityMode(),
                dialect,
                server.guid(),
                capabilities,
                max,
                max,
                max,
                FileTime.of(server.clock().instant()),
                Blob.of(Authentication.offer()),
                contexts);
    }

    private int securityMode() {
        return Negotiate.SIGNING_ENABLED | (server.policy().signingRequired() ? Negotiate.SIGNING_REQUIRED : 0);
    }

    private static int first(List<Integer> preferred, List<Integer> offered, int otherwise) {
        for (int one : preferred) {
            if (offered.contains(one)) {
                return one;
            }
        }
        return otherwise;
    }
}
