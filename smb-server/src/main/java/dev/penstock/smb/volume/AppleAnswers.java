package dev.penstock.smb.volume;

import dev.penstock.smb.apple.Aapl;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.SessionNotes;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.CreateContext;
import java.util.ArrayList;

/** What a CREATE's answer has for Macs: the context AAPL, before all others. */
final class AppleAnswers {
    /** Eight letters; what kind of Mac it looks like is for Bonjour to say. */
    private static final String MODEL = "Penstock";

    private AppleAnswers() {}

    static Outcome with(LocalVolume volume, RequestContext context, Create.Request request, Outcome outcome) {
        if (!volume.preset().apple() || !(outcome instanceof Outcome.Opened opened)) {
            return outcome;
        }
        var contexts = new ArrayList<CreateContext>();
        Blob asked = request.context(Aapl.NAME);
        if (asked != null) {
            try {
                contexts.add(answer(volume, context.notes(), Aapl.decode(asked)));
            } catch (MalformedMessage _) {
                // A question that is not understood gets no answer; the file is open all the same.
            }
        }
        contexts.addAll(opened.response().contexts());
        return new Outcome.Opened(opened.open(), opened.response().withContexts(contexts));
    }

    private static CreateContext answer(LocalVolume volume, SessionNotes notes, Aapl.Query query) {
        return switch (query) {
            case Aapl.Query.Server server -> {
                int agreed = Aapl.agree(server.capabilities());
                notes.agreeApple(agreed);
                boolean recent = (agreed & Aapl.READ_DIR_ATTR_V2) != 0;
                if (volume.preset().fullSync() || recent) {
                    notes.promiseFullSync();
                }
                int sync = notes.hasFullSync() ? Aapl.FULL_SYNC : 0;
                yield Aapl.answer(server, agreed, recent ? Aapl.RESOLVE_ID | sync : sync, MODEL);
            }
            case Aapl.Query.Resolve resolve -> {
                String path = volume.paths().find(volume, resolve.fileId());
                NtStatus status = path == null ? NtStatus.OBJECT_NAME_NOT_FOUND : NtStatus.SUCCESS;
                yield Aapl.resolved(status.value(), path == null ? "" : path);
            }
        };
    }
}
