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
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.StridedRead;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The control code by which a node reads its columns of a matrix: runs are gathered into a slab, and go out as READ's data would, in a message
 * or by RDMA. docs/strided-read.md. On the connection's loop; the file is read on the I/O pool.
 */
final class StridedReads {
    /**
     * Runs read by one turn of an I/O thread. A request may have 64 times as many, each of which may cost a seek: behind every turn it queues
     * again, so that it does not hold the thread against other clients' reads.
     */
    private static final int RUNS_PER_TURN = 1024;

    /** The same in bytes of the file, gaps included: a turn costs no more than the largest READ. */
    private static final long SPAN_PER_TURN = 8 << 20;

    private final Calls calls;
    private final ServerState server;
    private final ConnectionState connection;

    StridedReads(Calls calls, ServerState server, ConnectionState connection) {
        this.calls = calls;
        this.server = server;
        this.connection = connection;
    }

    /** Answers one of our codes on an open that can do it; false where the code is none of them. */
    boolean handle(Exchange exchange, Ioctl.Request ioctl) {
        switch (ioctl.ctlCode()) {
            case StridedRead.FSCTL_PENSTOCK_QUERY -> exchange.finish(describe(ioctl));
            case StridedRead.FSCTL_PENSTOCK_READ_STRIDED -> read(exchange, ioctl);
            default -> {
                return false;
            }
        }
        return true;
    }

    private Outcome.Final describe(Ioctl.Request ioctl) {
        var description = StridedRead.description(server.policy().maxTransact());
        return ioctl.maxOutputResponse() < description.length()
                ? Outcome.failed(NtStatus.BUFFER_TOO_SMALL)
                : Outcome.done(new Ioctl.Response(ioctl.ctlCode(), ioctl.file(), description));
    }

    /** The exchange has its open, and the output that it asks for was paid for. */
    private void read(Exchange exchange, Ioctl.Request ioctl) {
        StridedRead.Request request;
        try {
            request = StridedRead.Request.decode(ioctl);
        } catch (MalformedMessage e) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        int bytes = request.runs().bytes();
        boolean remote = request.channel() != Read.CHANNEL_NONE;
        RemoteMemory memory = remote ? RemoteTransfer.memory(connection, exchange, request.channel()) : null;
        if (bytes > ioctl.maxOutputResponse()
                || (remote && memory == null)
                || (memory != null && !RemoteTransfer.fits(memory, request.channelInfo(), bytes))) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        RemoteTransfer.invalidate(exchange, memory, request.channel(), request.channelInfo());
        Lease slab = server.slabs().take(bytes);
        if (slab == null) {
            server.counters().slabsExhausted.increment();
            exchange.finish(Outcome.failed(NtStatus.INSUFFICIENT_RESOURCES));
            return;
        }
        if (!Objects.requireNonNull(exchange.open).enter()) {
            slab.release();
            exchange.finish(Outcome.failed(NtStatus.FILE_CLOSED));
            return;
        }
        new Gathering(exchange, request, memory, slab).turn(0);
    }

    /** One request on its way through its turns. */
    private final class Gathering {
        private final Exchange exchange;
        private final StridedRead.Request request;
        private final @Nullable RemoteMemory memory;
        private final Lease slab;
        private final RequestContext context;
        private final int runsPerTurn;

        Gathering(Exchange exchange, StridedRead.Request request, @Nullable RemoteMemory memory, Lease slab) {
            this.exchange = exchange;
            this.request = request;
            this.memory = memory;
            this.slab = slab;
            this.context = calls.context(exchange);
            this.runsPerTurn = Math.clamp(SPAN_PER_TURN / request.runs().stride(), 1, RUNS_PER_TURN);
        }

        void turn(int first) {
            StridedRead.Runs runs = request.runs();
            int count = Math.min(runsPerTurn, runs.count() - first);
            StridedRead.Request part = request.slice(first, count);
            var into = slab.memory()
                    .asSlice((long) first * runs.length(), part.runs().bytes());
            Open open = entry().open();
            calls.run(open.inline(), () -> open.readStrided(context, part, into), outcome -> {
                if (outcome instanceof Outcome.Done && first + count < runs.count()) {
                    turn(first + count);
                } else {
                    end(outcome);
                }
            });
        }

        private void end(Outcome outcome) {
            entry().leave();
            int bytes = request.runs().bytes();
            if (!(outcome instanceof Outcome.Done)) {
                slab.release();
                calls.end(exchange, outcome);
            } else if (memory == null) {
                server.counters().bytesRead.add(bytes);
                var response = new StridedRead.Response(request.file(), bytes);
                exchange.finish(Outcome.done(response, new Payload.Slab(slab, 0, bytes)));
            } else {
                // The answer cannot overtake the data.
                memory.write(request.channelInfo(), new Payload.Slab(slab, 0, bytes));
                server.counters().rdmaBytesRead.add(bytes);
                exchange.finish(Outcome.done(StridedRead.placed(request)));
            }
        }

        private OpenEntry entry() {
            return Objects.requireNonNull(exchange.open);
        }
    }
}
