package dev.penstock.smb.rpc;

import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A client of a pipe: binds to one interface, calls it, in little-endian. */
final class RpcDriver {
    private static final Guid NDR = Guid.of("8a885d04-1ceb-11c9-9fe8-08002b104860");

    private final RpcConversation conversation;
    private int lastCall;

    RpcDriver(String pipe, String user) {
        this.conversation = share().conversation(pipe, new User(user));
    }

    /** IPC$ of a server called STORE, with the users anna and bert, and no shares. */
    static PipeShare share() {
        try {
            UserStore users = UserStore.inMemory();
            users.add("anna", "secret");
            users.add("bert", "hidden");
            return new PipeShare("STORE", List.of(), users);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The result of a bind: 0 is acceptance. */
    int bind(Guid service, int version) throws MalformedMessage {
        var body = new WireWriter()
                .u16(4280)
                .u16(4280)
                .i32(0)
                .u8(1)
                .u8(0)
                .u16(0)
                .u16(0)
                .u8(1)
                .u8(0)
                .guid(service)
                .i32(version)
                .guid(NDR)
                .i32(2)
                .toArray();
        ByteBuffer answer = send(RpcPdu.BIND, body);
        int address = answer.getShort(24);
        return answer.getShort((26 + address + 3 & -4) + 4);
    }

    /** Results of a call. */
    ByteBuffer call(int operation, Blob stub) throws MalformedMessage {
        var body = new WireWriter().i32(stub.length()).u16(0).u16(operation).blob(stub);
        ByteBuffer answer = send(RpcPdu.REQUEST, body.toArray());
        if (answer.get(2) == RpcPdu.FAULT) {
            throw new Fault(answer.getInt(24));
        }
        return answer.slice(24, answer.limit() - 24).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer send(int type, byte[] body) throws MalformedMessage {
        lastCall++;
        var pdu = new WireWriter()
                .u8(5)
                .u8(0)
                .u8(type)
                .u8(RpcPdu.FIRST | RpcPdu.LAST)
                .i32(RpcPdu.LITTLE_ENDIAN)
                .u16(RpcPdu.HEADER + body.length)
                .u16(0)
                .i32(lastCall)
                .bytes(body);
        return ByteBuffer.wrap(conversation.receive(pdu.toArray())).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A call that ended in a fault. */
    static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int status;

        Fault(int status) {
            super("fault " + Integer.toHexString(status));
            this.status = status;
        }

        int status() {
            return status;
        }
    }
}
