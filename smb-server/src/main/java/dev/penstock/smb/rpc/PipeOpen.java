package dev.penstock.smb.rpc;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.Write;
import java.nio.ByteBuffer;

/** An open pipe in message mode: what is written is a call, what is read is its answer. Belongs to its connection's loop. */
final class PipeOpen implements Open {
    private static final int FSCTL_PIPE_TRANSCEIVE = 0x0011C017;
    private static final int FILE_STANDARD_INFORMATION = 5;

    private final RpcConversation conversation;
    private ByteBuffer answer = ByteBuffer.allocate(0);

    PipeOpen(RpcConversation conversation) {
        this.conversation = conversation;
    }

    @Override
    public boolean inline() {
        return true;
    }

    @Override
    public Outcome write(RequestContext context, Write.Request request, ByteBuffer data) {
        int length = data.remaining();
        var bytes = new byte[length]; // already received, and at most the limit of one message
        data.get(bytes);
        return talk(bytes) ? Outcome.done(new Write.Response(length)) : Outcome.failed(NtStatus.PIPE_DISCONNECTED);
    }

    @Override
    public Outcome read(RequestContext context, Read.Request request) {
        if (!answer.hasRemaining()) {
            return Outcome.failed(NtStatus.PIPE_EMPTY);
        }
        ByteBuffer part = next(request.length());
        return new Outcome.Done(
                answer.hasRemaining() ? NtStatus.BUFFER_OVERFLOW : NtStatus.SUCCESS,
                Read.Response.of(part.remaining()),
                new Payload.Bytes(part));
    }

    @Override
    public Outcome ioctl(RequestContext context, Ioctl.Request request) {
        if (request.ctlCode() != FSCTL_PIPE_TRANSCEIVE) {
            return Outcome.failed(NtStatus.NOT_SUPPORTED);
        }
        if (!talk(request.input().toArray())) {
            return Outcome.failed(NtStatus.PIPE_DISCONNECTED);
        }
        ByteBuffer part = next(request.maxOutputResponse());
        var output = new byte[part.remaining()];
        part.get(output);
        return new Outcome.Done(
                answer.hasRemaining() ? NtStatus.BUFFER_OVERFLOW : NtStatus.SUCCESS,
                new Ioctl.Response(request.ctlCode(), request.file(), Blob.of(output)),
                null);
    }

    @Override
    public Outcome queryInfo(RequestContext context, QueryInfo.Request request) {
        if (request.infoType() != QueryInfo.INFO_FILE || request.fileInfoClass() != FILE_STANDARD_INFORMATION) {
            return Outcome.failed(NtStatus.INVALID_PARAMETER);
        }
        ByteBuffer info =
                new WireWriter(24).i64(4096).i64(0).i32(1).u8(1).u8(0).u16(0).buffer();
        if (request.outputBufferLength() < info.remaining()) {
            return Outcome.failed(NtStatus.INFO_LENGTH_MISMATCH);
        }
        return Outcome.done(QueryInfo.Response.of(info.remaining()), new Payload.Bytes(info));
    }

    @Override
    public Outcome flush(RequestContext context, Flush.Request request) {
        return Outcome.done(new Flush.Response());
    }

    @Override
    public Outcome.Final close(RequestContext context, Close.Request request) {
        return Outcome.done(Close.Response.PLAIN);
    }

    @Override
    public void abandon() {
        answer = ByteBuffer.allocate(0);
    }

    private boolean talk(byte[] call) {
        try {
            byte[] more = conversation.receive(call);
            if (more.length > 0) {
                answer = ByteBuffer.allocate(answer.remaining() + more.length)
                        .put(answer)
                        .put(more)
                        .flip();
            }
            return true;
        } catch (MalformedMessage e) {
            return false;
        }
    }

    /** The next bytes of the answer, of one fragment at most: a message's end is a read's end. */
    private ByteBuffer next(long room) {
        int fragment = RpcPdu.length(answer);
        int length = (int) Math.min(Math.min(room, answer.remaining()), fragment);
        ByteBuffer part = answer.slice(answer.position(), length);
        answer.position(answer.position() + length);
        return part;
    }
}
