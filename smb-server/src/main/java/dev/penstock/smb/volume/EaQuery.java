package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FullEa;
import dev.penstock.smb.wire.smb2.QueryInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** QUERY_INFO of FileFullEaInformation: one open's walk through its file's extended attributes. [MS-FSA] 2.1.5.12.11. */
final class EaQuery {
    private static final int RESTART_SCAN = 0x1;
    private static final int RETURN_SINGLE_ENTRY = 0x2;
    private static final int INDEX_SPECIFIED = 0x4;

    /** How many were returned so far. Two requests at once may return the same ones. */
    private final AtomicInteger position = new AtomicInteger();

    Outcome answer(FileOpen open, QueryInfo.Request request) throws Refusal, PosixException {
        List<FullEa.Entry> all = ExtendedAttributes.list(open.handle());
        boolean asked = !request.input().isEmpty();
        List<FullEa.Entry> wanted = asked ? named(all, request.input()) : all;
        int from = 0;
        if (!asked) {
            Refusal.unless(!all.isEmpty(), NtStatus.NO_EAS_ON_FILE);
            if ((request.flags() & INDEX_SPECIFIED) != 0) {
                from = request.additionalInformation() - 1; // EaIndex counts from 1
                Refusal.unless(from >= 0 && from < all.size(), NtStatus.NONEXISTENT_EA_ENTRY);
            } else if ((request.flags() & RESTART_SCAN) == 0) {
                from = Math.min(position.get(), all.size());
                Refusal.unless(from < all.size(), NtStatus.NO_MORE_EAS);
            }
        }
        int to = (request.flags() & RETURN_SINGLE_ENTRY) != 0 ? Math.min(from + 1, wanted.size()) : wanted.size();
        int count = FullEa.fitting(wanted.subList(from, to), request.outputBufferLength());
        Refusal.unless(count > 0 || from == to, NtStatus.BUFFER_TOO_SMALL);
        Blob bytes = FullEa.encode(wanted.subList(from, from + count));
        position.set(from + count);
        return new Outcome.Done(
                from + count < to ? NtStatus.BUFFER_OVERFLOW : NtStatus.SUCCESS,
                QueryInfo.Response.of(bytes.length()),
                new Payload.Bytes(bytes.buffer()));
    }

    /** Those asked for, in the order asked; one that is not there has an empty value. */
    private static List<FullEa.Entry> named(List<FullEa.Entry> all, Blob list) throws Refusal {
        var found = new ArrayList<FullEa.Entry>();
        try {
            for (String name : FullEa.decodeNames(list)) {
                found.add(all.stream()
                        .filter(entry -> entry.name().equalsIgnoreCase(name))
                        .findFirst()
                        .orElseGet(() -> new FullEa.Entry(0, name, Blob.EMPTY)));
            }
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.EA_LIST_INCONSISTENT);
        }
        return found;
    }
}
