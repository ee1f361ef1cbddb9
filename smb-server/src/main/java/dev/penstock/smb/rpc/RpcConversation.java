package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The server's side of DCE/RPC over one pipe. C706 12.6, [MS-RPCE] 2.2.2. Belongs to its connection's loop. */
final class RpcConversation {
    private static final int FAULT_OP_RANGE = 0x1C010002;
    private static final int FAULT_CONTEXT_MISMATCH = 0x1C00001A;
    private static final int FAULT_BAD_STUB = 0x000006F7;
    private static final int FAULT_ACCESS_DENIED = 0x00000005;
    private static final int REJECTED_SECURITY = 8;

    private static final int RESPONSE_BODY = RpcPdu.HEADER + 8;

    /** Fragments of this size are what Windows and Samba send. */
    private static final int FRAGMENT = 4280;

    /** All fragments of one call; the calls that are known here need less than one. */
    private static final int MAX_CALL = 64 << 10;

    /** Contexts of one conversation; Windows offers three. */
    private static final int MAX_CONTEXTS = 32;

    private static final Guid NDR = Guid.of("8a885d04-1ceb-11c9-9fe8-08002b104860");

    private final String pipe;
    private final List<RpcService> services;
    private final RpcSecurity security;
    private final Map<Integer, RpcService> contexts = new HashMap<>();
    private final ByteArrayOutputStream stub = new ByteArrayOutputStream();
    private byte[] partial = {};
    private int fragment = FRAGMENT;

    /**
     * A new one.
     *
     * @param pipe its name, as the answer to a bind tells it
     * @param services what can be called over it
     */
    RpcConversation(String pipe, List<RpcService> services, RpcSecurity security) {
        this.pipe = pipe;
        this.services = services;
        this.security = security;
    }

    /** Takes what was written; answers what there is to be read, perhaps nothing yet. */
    byte[] receive(byte[] bytes) throws MalformedMessage {
        WireReader.require(partial.length + bytes.length <= MAX_CALL, "RPC: too long");
        ByteBuffer all = ByteBuffer.allocate(partial.length + bytes.length)
                .put(partial)
                .put(bytes)
                .flip();
        var answers = new ByteArrayOutputStream();
        int length = RpcPdu.lengthOf(all);
        while (length >= 0 && length <= all.remaining()) {
            answers.writeBytes(answer(RpcPdu.decode(all.slice(all.position(), length))));
            all.position(all.position() + length);
            length = RpcPdu.lengthOf(all);
        }
        partial = Arrays.copyOfRange(all.array(), all.position(), all.limit());
        return answers.toByteArray();
    }

    private byte[] answer(RpcPdu pdu) throws MalformedMessage {
        return switch (pdu.type()) {
            case RpcPdu.BIND, RpcPdu.ALTER_CONTEXT -> bind(pdu);
            case RpcPdu.AUTH_3 -> {
                if (pdu.trailer() != null) {
                    security.accept(pdu, pdu.trailer());
                }
                yield new byte[0];
            }
            case RpcPdu.REQUEST -> request(pdu);
            case RpcPdu.CANCEL, RpcPdu.ORPHANED -> new byte[0]; // calls are over at once
            default -> throw new MalformedMessage("RPC: PDU type");
        };
    }

    private byte[] bind(RpcPdu pdu) throws MalformedMessage {
        boolean first = pdu.type() == RpcPdu.BIND;
        byte[] token = null;
        if (pdu.trailer() != null) {
            token = security.accept(pdu, pdu.trailer());
            if (token == null) {
                return first ? reject(pdu.callId()) : fault(pdu.callId(), 0, FAULT_ACCESS_DENIED);
            }
        }
        fragment = Math.clamp(pdu.bytes().getShort(18) & 0xffff, 1024, FRAGMENT);
        NdrReader in = pdu.reader();
        int count = in.u8();
        in.bytes(3);
        WireReader.require(count + contexts.size() <= MAX_CONTEXTS, "RPC: too many contexts");
        var out = new WireWriter();
        int flags = RpcPdu.FIRST | RpcPdu.LAST | (pdu.trailer() == null ? 0 : security.flags());
        header(out, first ? RpcPdu.BIND_ACK : RpcPdu.ALTER_CONTEXT_RESPONSE, flags, pdu.callId());
        String address = "\\PIPE\\" + pipe + '\0';
        out.u16(FRAGMENT).u16(FRAGMENT).i32(0x53F0);
        out.u16(address.length()).latin1(address).align(0, 4);
        out.u8(count).u8(0).u16(0);
        for (int i = 0; i < count; i++) {
            context(in, out);
        }
        return token == null ? end(out) : end(out, token);
    }

    /** Reads what a context is to be and writes what it is. */
    private void context(NdrReader in, WireWriter out) throws MalformedMessage {
        int id = in.u16();
        int transfers = in.u8();
        in.u8();
        RpcService service = service(new RpcService.Syntax(in.guid(), in.u32() & 0xffff));
        boolean ndr = false;
        for (int t = 0; t < transfers; t++) {
            ndr |= in.guid().equals(NDR);
            in.u32();
        }
        if (service != null && ndr) {
            contexts.put(id, service);
            out.u16(0).u16(0).guid(NDR).i32(2);
        } else {
            out.u16(2).u16(service != null ? 2 : 1).guid(Guid.ZERO).i32(0); // provider rejection, and why
        }
    }

    private @Nullable RpcService service(RpcService.Syntax syntax) {
        for (RpcService service : services) {
            if (service.syntax().equals(syntax)) {
                return service;
            }
        }
        return null;
    }

    private byte[] request(RpcPdu pdu) throws MalformedMessage {
        int callId = pdu.callId();
        int context = pdu.context();
        if (!security.open(pdu)) {
            return fault(callId, context, FAULT_ACCESS_DENIED);
        }
        if (pdu.has(RpcPdu.FIRST)) {
            stub.reset();
        }
        int length = pdu.end() - pdu.body();
        WireReader.require(stub.size() + length <= MAX_CALL, "RPC: stub");
        var part = new byte[length];
        pdu.bytes().get(pdu.body(), part);
        stub.writeBytes(part);
        if (!pdu.has(RpcPdu.LAST)) {
            return new byte[0];
        }
        RpcService service = contexts.get(context);
        if (service == null) {
            return fault(callId, context, FAULT_OP_RANGE);
        }
        try {
            var in = new NdrReader(
                    ByteBuffer.wrap(stub.toByteArray()).order(pdu.bytes().order()));
            Blob result = service.call(pdu.operation(), in);
            return result.isEmpty() ? fault(callId, context, FAULT_OP_RANGE) : respond(callId, context, result);
        } catch (MalformedMessage e) {
            return fault(callId, context, FAULT_BAD_STUB);
        } catch (RpcService.UnknownHandle e) {
            return fault(callId, context, FAULT_CONTEXT_MISMATCH);
        }
    }

    private byte[] respond(int callId, int context, Blob result) {
        var answers = new ByteArrayOutputStream();
        byte[] bytes = result.toArray();
        int room = (fragment - RESPONSE_BODY - security.overhead()) & -16;
        for (int at = 0; at < bytes.length; at += room) {
            int length = Math.min(room, bytes.length - at);
            int flags = (at == 0 ? RpcPdu.FIRST : 0) | (at + length == bytes.length ? RpcPdu.LAST : 0);
            var out = new WireWriter();
            header(out, RpcPdu.RESPONSE, flags, callId);
            out.i32(bytes.length - at).u16(context).u16(0);
            out.bytes(Arrays.copyOfRange(bytes, at, at + length));
            answers.writeBytes(security.protects() ? sealed(out) : end(out));
        }
        return answers.toByteArray();
    }

    private byte[] sealed(WireWriter out) {
        int padding = -(out.position() - RESPONSE_BODY) & 15;
        out.zeros(padding);
        security.trailer(out, padding);
        int signature = security.overhead() - RpcPdu.TRAILER;
        out.patch16(8, out.position() + signature);
        out.patch16(10, signature);
        ByteBuffer pdu = ByteBuffer.wrap(out.toArray()).order(ByteOrder.LITTLE_ENDIAN);
        byte[] made = security.protect(pdu, RESPONSE_BODY);
        return ByteBuffer.allocate(pdu.limit() + made.length).put(pdu).put(made).array();
    }

    private static byte[] fault(int callId, int context, int status) {
        var out = new WireWriter();
        header(out, RpcPdu.FAULT, RpcPdu.FIRST | RpcPdu.LAST, callId);
        out.i32(0).u16(context).u16(0).i32(status).i32(0);
        return end(out);
    }

    private static byte[] reject(int callId) {
        var out = new WireWriter();
        header(out, RpcPdu.BIND_NAK, RpcPdu.FIRST | RpcPdu.LAST, callId);
        return end(out.u16(REJECTED_SECURITY).u8(1).u8(5).u8(0).align(0, 4)); // one version: 5.0
    }

    private static void header(WireWriter out, int type, int flags, int callId) {
        out.u8(5)
                .u8(0)
                .u8(type)
                .u8(flags)
                .i32(RpcPdu.LITTLE_ENDIAN)
                .u16(0)
                .u16(0)
                .i32(callId);
    }

    private static byte[] end(WireWriter out) {
        out.patch16(8, out.position());
        return out.toArray();
    }

    /** Ends a PDU with a token. */
    private byte[] end(WireWriter out, byte[] token) {
        int padding = -out.position() & 3;
        out.zeros(padding);
        security.trailer(out, padding);
        out.bytes(token);
        out.patch16(10, token.length);
        return end(out);
    }
}
