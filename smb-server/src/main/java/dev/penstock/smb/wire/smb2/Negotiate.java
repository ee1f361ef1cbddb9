package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import java.util.ArrayList;
import java.util.List;

/** NEGOTIATE. [MS-SMB2] 2.2.3 request, 2.2.4 response. */
public final class Negotiate {
    /** Dialect 3.0. */
    public static final int SMB_300 = 0x0300;

    /** Dialect 3.0.2. */
    public static final int SMB_302 = 0x0302;

    /** Dialect 3.1.1. */
    public static final int SMB_311 = 0x0311;

    /** The answer to an SMB1 opener that knows some SMB2 dialect. */
    public static final int SMB2_WILDCARD = 0x02FF;

    /** SecurityMode: messages can be signed. */
    public static final int SIGNING_ENABLED = 0x1;

    /** SecurityMode: messages must be signed. */
    public static final int SIGNING_REQUIRED = 0x2;

    /** Capabilities: requests of more than 64 KiB. */
    public static final int CAP_LARGE_MTU = 0x4;

    /** Capabilities: leases on files. */
    public static final int CAP_LEASING = 0x2;

    /** Capabilities: one session over several connections. */
    public static final int CAP_MULTI_CHANNEL = 0x8;

    /** Capabilities: leases on folders. */
    public static final int CAP_DIRECTORY_LEASING = 0x20;

    /** Capabilities: encryption, for dialects before 3.1.1. */
    public static final int CAP_ENCRYPTION = 0x40;

    /** Dialects in a request: seven are defined. */
    public static final int MAX_DIALECTS = 64;

    private static final int REQUEST_SIZE = 36;
    private static final int RESPONSE_SIZE = 65;
    private static final int RESPONSE_BUFFER = Header.SIZE + 64;

    private Negotiate() {}

    /** The request. The contexts are empty unless {@link #SMB_311} is among the dialects. */
    public record Request(
            int securityMode,
            int capabilities,
            Guid clientGuid,
            List<Integer> dialects,
            List<NegotiateContext> contexts)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            int count = body.u16(2);
            WireReader.require(count <= MAX_DIALECTS, "DialectCount");
            var dialects = new ArrayList<Integer>();
            for (int i = 0; i < count; i++) {
                dialects.add(body.u16(36 + 2 * i));
            }
            List<NegotiateContext> contexts = List.of();
            if (dialects.contains(SMB_311)) {
                contexts = NegotiateContext.decodeList(body, body.u32(28), body.u16(32));
            }
            return new Request(body.u16(4), body.i32(8), body.guid(12), List.copyOf(dialects), contexts);
        }

        @Override
        public Command command() {
            return Command.NEGOTIATE;
        }

        @Override
        public void encode(WireWriter out) {
            int start = out.position() - Header.SIZE;
            out.u16(REQUEST_SIZE).u16(dialects.size()).u16(securityMode).u16(0);
            out.i32(capabilities).guid(clientGuid);
            int patch = out.position();
            out.i32(0).u16(contexts.size()).u16(0);
            for (int dialect : dialects) {
                out.u16(dialect);
            }
            if (!contexts.isEmpty()) {
                out.align(start, 8);
                out.patch32(patch, out.position() - start);
                NegotiateContext.encodeList(contexts, out, start);
            }
        }
    }

    /** The response. Times are FILETIMEs. */
    public record Response(
            int securityMode,
            int dialect,
            Guid serverGuid,
            int capabilities,
            int maxTransactSize,
            int maxReadSize,
            int maxWriteSize,
            long systemTime,
            Blob token,
            List<NegotiateContext> contexts)
            implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            int dialect = body.u16(4);
            return new Response(
                    body.u16(2),
                    dialect,
                    body.guid(8),
                    body.i32(24),
                    body.i32(28),
                    body.i32(32),
                    body.i32(36),
                    body.i64(40),
                    body.blob(body.span(body.u16(56), body.u16(58))),
                    dialect == SMB_311 ? NegotiateContext.decodeList(body, body.u32(60), body.u16(6)) : List.of());
        }

        @Override
        public void encode(WireWriter out) {
            int start = out.position() - Header.SIZE;
            out.u16(RESPONSE_SIZE).u16(securityMode).u16(dialect).u16(contexts.size());
            out.guid(serverGuid).i32(capabilities);
            out.i32(maxTransactSize).i32(maxReadSize).i32(maxWriteSize);
            out.i64(systemTime).i64(0).u16(RESPONSE_BUFFER).u16(token.length());
            int patch = out.position();
            out.i32(0).blob(token);
            if (!contexts.isEmpty()) {
                out.align(start, 8);
                out.patch32(patch, out.position() - start);
                NegotiateContext.encodeList(contexts, out, start);
            } else if (token.isEmpty()) {
                out.u8(0);
            }
        }
    }
}
