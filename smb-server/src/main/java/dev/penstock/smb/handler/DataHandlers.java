package dev.penstock.smb.handler;

import dev.penstock.memory.Lease;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.transport.RemoteMemory;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.Write;
import java.nio.ByteBuffer;
import java.util.Objects;

/** READ and WRITE, through messages and through RDMA. [MS-SMB2] 3.3.5.12, 3.3.5.13. */
final class DataHandlers {
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final Calls calls;
    private final ServerState server;
    private final ConnectionState connection;

    DataHandlers(Calls calls, ServerState server, ConnectionState connection) {
        this.calls = calls;
        this.server = server;
        this.connection = connection;
    }

    void read(Exchange exchange, Read.Request request) {
        boolean remote = request.channel() != Read.CHANNEL_NONE;
        RemoteMemory memory = remote ? RemoteTransfer.memory(connection, exchange, request.channel()) : null;
        if (request.length() > server.policy().maxTransact()
                || !Credits.cover(exchange.incoming.header(), request.length())
                || (remote && memory == null)
                || (memory != null && !RemoteTransfer.fits(memory, request.channelInfo(), request.length()))) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        RemoteTransfer.invalidate(exchange, memory, request.channel(), request.channelInfo());
        OpenEntry entry = calls.enter(exchange);
        if (entry == null) {
            return;
        }
        RequestContext context = calls.context(exchange);
        Open open = entry.open();
        calls.runNowOr(
                () -> open.readNow(context, request), open.inline(), () -> open.read(context, request), outcome -> {
                    entry.leave();
                    if (outcome instanceof Outcome.Done done && done.payload() != null) {
                        if (memory == null) {
                            server.counters().bytesRead.add(done.payload().length());
                        } else {
                            place(exchange, request, memory, done.status(), done.payload());
                            return;
                        }
                    }
                    calls.end(exchange, outcome);
                });
    }

    /** Writes what was read into the client's memory, then answers: the answer cannot overtake it. */
    private void place(Exchange exchange, Read.Request request, RemoteMemory memory, NtStatus status, Payload payload) {
        int length = payload.length();
        memory.write(request.channelInfo(), payload);
        server.counters().rdmaBytesRead.add(length);
        exchange.finish(new Outcome.Done(status, new Read.Response(Span.EMPTY, length), null));
    }

    void write(Exchange exchange, Write.Request request) {
        Exchange.Data data = exchange.incoming.data();
        boolean remote = request.channel() != Read.CHANNEL_NONE;
        long length = remote ? request.remainingBytes() : request.data().length();
        RemoteMemory memory = remote ? RemoteTransfer.memory(connection, exchange, request.channel()) : null;
        if (length > server.policy().maxTransact()
                || !Credits.cover(exchange.incoming.header(), length)
                || (remote && (memory == null || request.data().length() != 0))
                || (memory != null && !RemoteTransfer.fits(memory, request.channelInfo(), length))) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        RemoteTransfer.invalidate(exchange, memory, request.channel(), request.channelInfo());
        if (memory != null) {
            fetch(exchange, request, memory, (int) length);
            return;
        }
        if (data == null && length > 0) {
            server.counters().slabsExhausted.increment();
            exchange.finish(Outcome.failed(NtStatus.INSUFFICIENT_RESOURCES));
            return;
        }
        server.counters().bytesWritten.add(length);
        run(exchange, request, data == null ? NOTHING : data.bytes());
    }

    /** Reads the data out of the client's memory, then writes it. */
    private void fetch(Exchange exchange, Write.Request request, RemoteMemory memory, int length) {
        Lease lease = server.slabs().take(Math.max(1, length));
        if (lease == null) {
            server.counters().slabsExhausted.increment();
            exchange.finish(Outcome.failed(NtStatus.INSUFFICIENT_RESOURCES));
            return;
        }
        ByteBuffer into = lease.memory().asSlice(0, length).asByteBuffer();
        OpenEntry entry = calls.enter(exchange);
        if (entry == null) {
            lease.release();
            return;
        }
        memory.read(request.channelInfo(), into, fetched -> {
            entry.leave();
            if (!fetched) {
                lease.release();
                exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
                return;
            }
            server.counters().rdmaBytesWritten.add(length);
            exchange.holdUntilFinished(lease);
            run(exchange, request, into.clear());
        });
    }

    private void run(Exchange exchange, Write.Request request, ByteBuffer data) {
        Open open = Objects.requireNonNull(exchange.open).open();
        RequestContext context = calls.context(exchange);
        // What waits for the disk each time is better off beside its like, which the disk's journal then takes
        // together.
        boolean through = (request.flags() & Write.WRITE_THROUGH) != 0;
        if (through) {
            calls.call(exchange, () -> open.write(context, request, data));
        } else {
            calls.callNowOrInTurn(
                    exchange, () -> open.writeNow(context, request, data), () -> open.write(context, request, data));
        }
    }
}
