package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The server's side of DCE/RPC over one pipe. C706 12.6, [MS-RPCE] 2.2.2. Belongs to its connection's loop. */
final class RpcConversation {
    private static final int HEADER = 16;
    private static final int REQUEST = 0;
    private static final int RESPONSE = 2;
    private static final int FAULT = 3;
    private static final int BIND = 11;
    private static final int BIND_ACK = 12;
    private static final int ALTER_CONTEXT = 14;
    private static final int ALTER_CONTEXT_RESPONSE = 15;

    private static final int FIRST = 0x01;
    private static final int LAST = 0x02;
    private static final int OBJECT_UUID = 0x80;
    private static final int LITTLE_ENDIAN = 0x10;

    private static final int FAULT_OP_RANGE = 0x1C010002;
    private static final int FAULT_BAD_STUB = 0x000006F7;

    /** Fragments of this size are what Windows and Samba send. */
    private static final int FRAGMENT = 4280;

    /** All fragments of one call; the calls that are known here need less than one. */
    private static final int MAX_CALL = 64 << 10;

    /** Contexts of one bind; Windows offers three. */
    private static final int MAX_CONTEXTS = 32;

    private static final Guid NDR = Guid.of("8a885d04-1ceb-11c9-9fe8-08002b104860");

    /** What can be called. */
    interface Interface {
        /** The interface's identifier. */
        Guid id();

        /** Its major version. */
        int version();

        /** Name of the pipe as the bind's answer tells it. */
        String address();

        /** Runs a call; an empty answer means that there is no such operation. */
        Blob call(int operation, WireReader stub) throws MalformedMessage;
    }

    private final Interface service;
    private final List<Integer> boundContexts = new ArrayList<>();
    private final ByteArrayOutputStream stub = new ByteArrayOutputStream();
    private byte[] partial = {};
    private int fragment = FRAGMENT;

    RpcConversation(Interface service) {
        this.service = service;
    }

    /** Length of the fragment at the front of an answer. */
    static int fragmentLength(ByteBuffer answer) {
        return answer.remaining() < HEADER
                ? answer.remaining()
                : answer.duplicate().order(ByteOrder.LITTLE_ENDIAN).getShort(answer.position() + 8) & 0xffff;
    }

    /** Takes what was written; answers what there is to be read, perhaps nothing yet. */
    byte[] receive(byte[] bytes) throws MalformedMessage {
        WireReader.require(partial.length + bytes.length <= MAX_CALL, "RPC: too long");
        byte[] all = new byte[partial.length + bytes.length];
        System.arraycopy(partial, 0, all, 0, partial.length);
        System.arraycopy(bytes, 0, all, partial.length, bytes.length);
        var answers = new ByteArrayOutputStream();
        int at = 0;
        while (all.length - at >= HEADER) {
            WireReader rest = new WireReader(ByteBuffer.wrap(all, at, all.length - at));
            int length = rest.u16(8);
            WireReader.require(length >= HEADER, "RPC: frag_length");
            if (length > all.length - at) {
                break;
            }
            WireReader.require(rest.u8(0) == 5 && rest.u8(4) == LITTLE_ENDIAN, "RPC: version or byte order");
            WireReader.require(rest.u16(10) == 0, "RPC: authentication that was not agreed");
            answers.writeBytes(pdu(rest.slice(rest.span(0, length))));
            at += length;
        }
        partial = Arrays.copyOfRange(all, at, all.length);
        return answers.toByteArray();
    }

    private byte[] pdu(WireReader pdu) throws MalformedMessage {
        return switch (pdu.u8(2)) {
            case BIND -> bind(pdu, BIND_ACK);
            case ALTER_CONTEXT -> bind(pdu, ALTER_CONTEXT_RESPONSE);
            case REQUEST -> request(pdu);
            default -> throw new MalformedMessage("RPC: PDU type");
        };
    }

    private byte[] bind(WireReader pdu, int answerType) throws MalformedMessage {
        fragment = Math.clamp(pdu.u16(18), 1024, FRAGMENT);
        int contexts = pdu.u8(24);
        WireReader.require(contexts <= MAX_CONTEXTS, "RPC: too many contexts");
        var out = new WireWriter();
        header(out, answerType, FIRST | LAST, pdu.i32(12));
        String address = "\\PIPE\\" + service.address() + '\0';
        out.u16(FRAGMENT).u16(FRAGMENT).i32(0x53F0);
        out.u16(address.length()).latin1(address).align(0, 4);
        out.u8(contexts).u8(0).u16(0);
        int at = 28;
        for (int i = 0; i < contexts; i++) {
            int id = pdu.u16(at);
            int transfers = pdu.u8(at + 2);
            boolean known = pdu.guid(at + 4).equals(service.id()) && pdu.u16(at + 20) == service.version();
            boolean ndr = false;
            for (int t = 0; t < transfers; t++) {
                ndr |= pdu.guid(at + 24 + 20 * t).equals(NDR);
            }
            at += 24 + 20 * transfers;
            if (known && ndr) {
                boundContexts.add(id);
                out.u16(0).u16(0).guid(NDR).i32(2);
            } else {
                out.u16(2).u16(known ? 2 : 1).guid(Guid.ZERO).i32(0); // provider rejection, and why
            }
        }
        return end(out);
    }

    private byte[] request(WireReader pdu) throws MalformedMessage {
        int flags = pdu.u8(3);
        if ((flags & FIRST) != 0) {
            stub.reset();
        }
        int at = HEADER + 8 + ((flags & OBJECT_UUID) != 0 ? 16 : 0);
        WireReader.require(at <= pdu.size() && stub.size() + pdu.size() <= MAX_CALL, "RPC: stub");
        stub.writeBytes(pdu.blob(pdu.span(at, pdu.size() - at)).toArray());
        if ((flags & LAST) == 0) {
            return new byte[0];
        }
        int callId = pdu.i32(12);
        int context = pdu.u16(20);
        if (!boundContexts.contains(context)) {
            return fault(callId, context, FAULT_OP_RANGE);
        }
        Blob result;
        try {
            result = service.call(pdu.u16(22), Blob.of(stub.toByteArray()).reader());
        } catch (MalformedMessage e) {
            return fault(callId, context, FAULT_BAD_STUB);
        }
        return result.isEmpty() ? fault(callId, context, FAULT_OP_RANGE) : respond(callId, context, result);
    }

    private byte[] respond(int callId, int context, Blob result) {
        var answers = new ByteArrayOutputStream();
        byte[] bytes = result.toArray();
        int room = (fragment - HEADER - 8) & -8;
        for (int at = 0; at < bytes.length; at += room) {
            int length = Math.min(room, bytes.length - at);
            int flags = (at == 0 ? FIRST : 0) | (at + length == bytes.length ? LAST : 0);
            var out = new WireWriter();
            header(out, RESPONSE, flags, callId);
            out.i32(bytes.length - at).u16(context).u16(0);
            out.bytes(Arrays.copyOfRange(bytes, at, at + length));
            answers.writeBytes(end(out));
        }
        return answers.toByteArray();
    }

    private static byte[] fault(int callId, int context, int status) {
        var out = new WireWriter();
        header(out, FAULT, FIRST | LAST, callId);
        out.i32(0).u16(context).u16(0).i32(status).i32(0);
        return end(out);
    }

    private static void header(WireWriter out, int type, int flags, int callId) {
        out.u8(5).u8(0).u8(type).u8(flags).i32(LITTLE_ENDIAN).u16(0).u16(0).i32(callId);
    }

    private static byte[] end(WireWriter out) {
        out.patch16(8, out.position());
        return out.toArray();
    }
}
