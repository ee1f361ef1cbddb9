package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.SecurityDescriptor;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileInformation;
import dev.penstock.smb.wire.fscc.FileMetadata;
import dev.penstock.smb.wire.fscc.FileSystemInformation;
import dev.penstock.smb.wire.fscc.StreamInformation;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.QueryInfo;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** QUERY_INFO. [MS-SMB2] 3.3.5.20. */
final class InfoQuery {
    /** What FileModeInformation reports of the create options. */
    private static final int MODE_BITS = Create.FILE_WRITE_THROUGH
            | Create.FILE_SEQUENTIAL_ONLY
            | Create.FILE_NO_INTERMEDIATE_BUFFERING
            | 0x10 // FILE_SYNCHRONOUS_IO_ALERT
            | 0x20 // FILE_SYNCHRONOUS_IO_NONALERT
            | Create.FILE_DELETE_ON_CLOSE;

    private InfoQuery() {}

    static Outcome answer(FileOpen open, RequestContext context, QueryInfo.Request request)
            throws Refusal, PosixException {
        return switch (request.infoType()) {
            case QueryInfo.INFO_FILE -> {
                // The class came with SMB 3.1.1.
                boolean old = context.client().dialect() < Negotiate.SMB_311;
                Refusal.unless(
                        !old || request.fileInfoClass() != FileInformation.NORMALIZED_NAME, NtStatus.NOT_SUPPORTED);
                yield ofFile(open, request);
            }
            case QueryInfo.INFO_FILESYSTEM -> ofVolume(open, context, request);
            case QueryInfo.INFO_SECURITY -> ofSecurity(open, request);
            case QueryInfo.INFO_QUOTA -> throw new Refusal(NtStatus.NOT_SUPPORTED);
            default -> throw new Refusal(NtStatus.INVALID_PARAMETER);
        };
    }

    private static Outcome ofFile(FileOpen open, QueryInfo.Request request) throws Refusal, PosixException {
        int informationClass = request.fileInfoClass();
        int fixed = FileInformation.fixedSize(informationClass);
        Refusal.unless(fixed >= 0, NtStatus.INVALID_INFO_CLASS);
        Refusal.unless(request.outputBufferLength() >= fixed, NtStatus.INFO_LENGTH_MISMATCH);
        switch (informationClass) {
            case FileInformation.BASIC,
                    FileInformation.ALL,
                    FileInformation.NETWORK_OPEN,
                    FileInformation.ATTRIBUTE_TAG ->
                Refusal.unless(open.has(AccessMask.READ_ATTRIBUTES), NtStatus.ACCESS_DENIED);
            case FileInformation.FULL_EA -> {
                Refusal.unless(open.has(AccessMask.READ_EA), NtStatus.ACCESS_DENIED);
                return open.eaQuery().answer(open, request);
            }
            case FileInformation.STREAM -> {
                return streams(open, request);
            }
            default -> {}
        }
        open.stamps().settle(open.handle());
        Node node = open.node();
        FileInformation.OpenFacts facts;
        node.lock.lock();
        try {
            facts = new FileInformation.OpenFacts(
                    open.path(), open.access(), open.options() & MODE_BITS, open.position(), node.deletePending);
        } finally {
            node.lock.unlock();
        }
        byte[] bytes = FileInformation.encode(
                informationClass,
                metadata(open, informationClass),
                facts,
                open.volume().id());
        return cut(bytes, request);
    }

    private static FileMetadata metadata(FileOpen open, int informationClass) throws PosixException {
        FileMetadata file = open.metadata();
        boolean sized = informationClass == FileInformation.EA || informationClass == FileInformation.ALL;
        return sized ? file.withEaSize(ExtendedAttributes.size(open.handle())) : file;
    }

    /** FileStreamInformation of the open's file, whichever of its streams is open. */
    private static Outcome streams(FileOpen open, QueryInfo.Request request) throws Refusal, PosixException {
        int room = (int) Math.min(request.outputBufferLength(), Integer.MAX_VALUE);
        var list = StreamInformation.encode(Streams.list(open), room);
        NtStatus status = list.whole() ? NtStatus.SUCCESS : NtStatus.BUFFER_OVERFLOW;
        return new Outcome.Done(
                status,
                QueryInfo.Response.of(list.bytes().length()),
                new Payload.Bytes(list.bytes().buffer()));
    }

    private static Outcome ofVolume(FileOpen open, RequestContext context, QueryInfo.Request request)
            throws Refusal, PosixException {
        int fixed = FileSystemInformation.fixedSize(request.fileInfoClass());
        Refusal.unless(fixed >= 0, NtStatus.INVALID_INFO_CLASS);
        Refusal.unless(request.outputBufferLength() >= fixed, NtStatus.INFO_LENGTH_MISMATCH);
        return cut(
                FileSystemInformation.encode(
                        request.fileInfoClass(), open.volume().describe(context.io())),
                request);
    }

    private static Outcome ofSecurity(FileOpen open, QueryInfo.Request request) throws Refusal, PosixException {
        int information = request.additionalInformation();
        boolean sacl = (information & SecurityDescriptor.SACL_INFORMATION) != 0;
        Refusal.unless(!sacl || open.has(AccessMask.ACCESS_SYSTEM_SECURITY), NtStatus.ACCESS_DENIED);
        boolean anything = (information & ~SecurityDescriptor.SACL_INFORMATION) != 0;
        Refusal.unless(!anything || open.has(AccessMask.READ_CONTROL), NtStatus.ACCESS_DENIED);
        SecurityDescriptor descriptor = StoredSecurity.of(open.handle(), open.stat());
        if (open.manners().session()) {
            descriptor = NfsEntries.add(descriptor, open.stat());
        }
        byte[] bytes = descriptor.select(information).toBytes();
        if (bytes.length > request.outputBufferLength()) {
            // The one error that tells how much is needed. 3.3.5.20.3.
            return new Outcome.Failed(
                    NtStatus.BUFFER_TOO_SMALL,
                    new WireWriter(4).i32(bytes.length).toBlob());
        }
        return cut(bytes, request);
    }

    /** As much as the client has room for; what was cut is said. */
    private static Outcome cut(byte @Nullable [] bytes, QueryInfo.Request request) throws Refusal {
        if (bytes == null) {
            throw new Refusal(NtStatus.INVALID_INFO_CLASS);
        }
        int length = (int) Math.min(bytes.length, request.outputBufferLength());
        NtStatus status = length < bytes.length ? NtStatus.BUFFER_OVERFLOW : NtStatus.SUCCESS;
        return new Outcome.Done(
                status, QueryInfo.Response.of(length), new Payload.Bytes(ByteBuffer.wrap(bytes, 0, length)));
    }
}
