package dev.penstock.smb.handler;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.state.ConnectionState;
import dev.penstock.smb.state.ConnectionState.Agreement;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.Negotiate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** IOCTL: the control codes that are about the connection; all others are the open's. [MS-SMB2] 3.3.5.15. */
final class IoctlHandler {
    private static final int FSCTL_DFS_GET_REFERRALS = 0x00060194;
    private static final int FSCTL_DFS_GET_REFERRALS_EX = 0x000601B0;
    private static final int FSCTL_PIPE_WAIT = 0x00110018;
    private static final int FSCTL_VALIDATE_NEGOTIATE_INFO = 0x00140204;
    private static final int FSCTL_QUERY_NETWORK_INTERFACE_INFO = 0x001401FC;
    private static final int FSCTL_DUPLICATE_EXTENTS_TO_FILE = 0x00098344;

    private final Calls calls;
    private final ServerState server;
    private final ConnectionState connection;
    private final StridedReads strided;

    IoctlHandler(Calls calls, ServerState server, ConnectionState connection) {
        this.calls = calls;
        this.server = server;
        this.connection = connection;
        this.strided = new StridedReads(calls, server, connection);
    }

    void handle(Exchange exchange, Ioctl.Request request) {
        if (request.flags() != Ioctl.IS_FSCTL) {
            exchange.finish(Outcome.failed(NtStatus.NOT_SUPPORTED));
            return;
        }
        long bytes = Math.max(request.input().length(), request.maxInputResponse() + request.maxOutputResponse());
        if (request.maxOutputResponse() > server.policy().maxTransact()
                || request.maxInputResponse() > server.policy().maxTransact()
                || !Credits.cover(exchange.incoming.header(), bytes)) {
            exchange.finish(Outcome.failed(NtStatus.INVALID_PARAMETER));
            return;
        }
        switch (request.ctlCode()) {
            case FSCTL_VALIDATE_NEGOTIATE_INFO -> validateNegotiate(exchange, request);
            case FSCTL_QUERY_NETWORK_INTERFACE_INFO -> networkInterfaces(exchange, request);
            // There is no DFS here, and this is how clients are told. 3.3.5.15.2
            case FSCTL_DFS_GET_REFERRALS, FSCTL_DFS_GET_REFERRALS_EX ->
                exchange.finish(Outcome.failed(NtStatus.FS_DRIVER_REQUIRED));
            // A pipe is either there at once or not at all.
            case FSCTL_PIPE_WAIT -> exchange.finish(Outcome.failed(NtStatus.OBJECT_NAME_NOT_FOUND));
            default -> pass(exchange, request);
        }
    }

    private void pass(Exchange exchange, Ioctl.Request request) {
        Session session = Objects.requireNonNull(exchange.session);
        FileId file = Objects.requireNonNull(exchange.incoming.file());
        exchange.open = session.opens().find(file);
        if (exchange.open == null || exchange.open.tree() != exchange.tree) {
            exchange.open = null;
            exchange.finish(Outcome.failed(NtStatus.FILE_CLOSED));
            return;
        }
        NtStatus refusal = Dispatcher.used(exchange, exchange.open);
        if (refusal != null) {
            exchange.finish(Outcome.failed(refusal));
            return;
        }
        Open open = exchange.open.open();
        if (request.ctlCode() == FSCTL_DUPLICATE_EXTENTS_TO_FILE) {
            duplicateExtents(exchange, session, request);
            return;
        }
        if (open.readsStrided() && strided.handle(exchange, request)) {
            return;
        }
        RequestContext context = calls.context(exchange);
        calls.call(exchange, () -> open.ioctl(context, request));
    }

    /** The source is named by its handle, which only the session can look up. [MS-FSCC] 2.3.7.1 */
    private void duplicateExtents(Exchange exchange, Session session, Ioctl.Request request) {
        OpenEntry source = find(session, request.input());
        if (source == null || source.tree() != exchange.tree || !source.enter()) {
            exchange.finish(Outcome.failed(source == null ? NtStatus.INVALID_HANDLE : NtStatus.INVALID_PARAMETER));
            return;
        }
        exchange.beforeAnswer(source::leave);
        RequestContext context = calls.context(exchange);
        Open target = Objects.requireNonNull(exchange.open).open();
        calls.call(exchange, () -> target.duplicateExtents(context, source.open(), request));
    }

    private static @Nullable OpenEntry find(Session session, Blob input) {
        try {
            return session.opens().find(FileId.decode(input.reader(), 0));
        } catch (MalformedMessage _) {
            return null;
        }
    }

    /** Whoever changed NEGOTIATE on its way is found out here; 3.1.1 has its hash for that. 3.3.5.15.12 */
    private void validateNegotiate(Exchange exchange, Ioctl.Request request) {
        Agreement agreed = Objects.requireNonNull(connection.agreement());
        if (agreed.dialect() == Negotiate.SMB_311 || !isSame(agreed, request.input())) {
            exchange.sink.disconnect(exchange, "FSCTL_VALIDATE_NEGOTIATE_INFO does not match");
            return;
        }
        if (request.maxOutputResponse() < 24) {
            exchange.sink.disconnect(exchange, "no room to validate NEGOTIATE");
            return;
        }
        Blob output = new WireWriter(24)
                .i32(agreed.serverCapabilities())
                .guid(server.guid())
                .u16(agreed.serverSecurityMode())
                .u16(agreed.dialect())
                .toBlob();
        answer(exchange, request, output);
    }

    private static boolean isSame(Agreement agreed, Blob input) {
        try {
            WireReader reader = input.reader();
            int count = reader.u16(22);
            List<Integer> dialects = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                dialects.add(reader.u16(24 + 2 * i));
            }
            return reader.i32(0) == agreed.clientCapabilities()
                    && reader.guid(4).equals(agreed.clientGuid())
                    && reader.u16(20) == agreed.clientSecurityMode()
                    && dialects.equals(agreed.clientDialects());
        } catch (MalformedMessage e) {
            return false;
        }
    }

    /** Asking the operating system for its interfaces may block. */
    private void networkInterfaces(Exchange exchange, Ioctl.Request request) {
        calls.run(
                false,
                () -> {
                    Blob output = NetworkInterfaces.describe(
                            HostInterfaces.all(), connection.link().peer(), server.listening());
                    if (output.isEmpty()) {
                        return Outcome.failed(NtStatus.NOT_FOUND);
                    }
                    return output.length() > request.maxOutputResponse()
                            ? Outcome.failed(NtStatus.BUFFER_TOO_SMALL)
                            : Outcome.done(new Ioctl.Response(request.ctlCode(), request.file(), output));
                },
                outcome -> calls.end(exchange, outcome));
    }

    private static void answer(Exchange exchange, Ioctl.Request request, Blob output) {
        exchange.finish(Outcome.done(new Ioctl.Response(request.ctlCode(), request.file(), output)));
    }
}
