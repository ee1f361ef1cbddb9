package dev.penstock.smb.handler;

import dev.penstock.smb.state.DurableHandle;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.AppInstanceId;
import dev.penstock.smb.wire.smb2.Create;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An application that went over to another machine and opens its files anew: what it had open on the machine that it left is closed first,
 * and nobody is asked. [MS-SMB2] 3.3.5.9.13. Only what the same user opened: the document does not say so, but an instance's id is no
 * secret that could stand for a right. Belongs to the connection's loop.
 */
final class AppInstances {
    private final Calls calls;
    private final ServerState server;

    AppInstances(Calls calls, ServerState server) {
        this.calls = calls;
        this.server = server;
    }

    /** Closes what stands in the way of a CREATE; {@code then} runs on the loop when that is done, at once where there is nothing. */
    void closeOther(Create.Request request, DurableHandle.Owner asker, Runnable then) {
        Guid instance = AppInstanceId.of(request);
        DurableHandle other = instance == null ? null : find(instance, request, asker);
        if (other == null) {
            then.run();
            return;
        }
        Runnable onLoop = () -> calls.onLoop(then);
        if (server.durables().expire(other, onLoop)) {
            return;
        }
        Session session = server.sessions().find(other.owner().sessionId());
        OpenEntry entry =
                session == null ? null : session.opens().find(other.response().file());
        if (session == null || entry == null || !session.opens().remove(entry)) {
            then.run(); // somebody else is closing it
            return;
        }
        server.durables().remove(other);
        entry.whenIdle(() -> server.io().execute(() -> {
            entry.open().abandon();
            onLoop.run();
        }));
    }

    private @Nullable DurableHandle find(Guid instance, Create.Request request, DurableHandle.Owner asker) {
        String name = request.name().toUpperCase(Locale.ROOT);
        for (DurableHandle handle : server.durables().all()) {
            DurableHandle.Owner owner = handle.owner();
            if (instance.equals(AppInstanceId.of(handle.request()))
                    && !owner.client().equals(asker.client())
                    && owner.user().equals(asker.user())
                    && owner.tree().share().equals(asker.tree().share())
                    && handle.open().name().toUpperCase(Locale.ROOT).equals(name)) {
                return handle;
            }
        }
        return null;
    }
}
