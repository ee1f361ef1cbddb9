package dev.penstock.smb.state;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the server itself has to tell: Apple's client asks each server that knows AAPL for it, by a CHANGE_NOTIFY of no file. There is one
 * thing to tell, that the server stops; the client then warns its user. Refusing would do, but the client logs that as a fault. Thread-safe.
 */
public final class ServerMessages {
    /** The name by which the client knows a message from a change. */
    private static final String NAME = "com.apple.svrmsg";

    private static final int STOPPING = 2; // FILE_ACTION_REMOVED

    private final Set<Deferred> waiting = ConcurrentHashMap.newKeySet();

    /** A request for the next message. */
    public Outcome.Pending next() {
        var holder = new Deferred[1];
        var deferred = new Deferred(reason -> {
            Deferred self = holder[0];
            waiting.remove(self);
            boolean asked = reason == Deferred.Reason.CANCEL;
            self.complete(Outcome.failed(asked ? NtStatus.CANCELLED : NtStatus.NOTIFY_CLEANUP));
        });
        holder[0] = deferred;
        waiting.add(deferred);
        return new Outcome.Pending(deferred);
    }

    /** Tells everybody that the server stops in so many seconds. */
    public void stopping(int seconds) {
        for (Deferred one : List.copyOf(waiting)) {
            waiting.remove(one);
            var record = new WireWriter()
                    .i32(0)
                    .i32(STOPPING)
                    .i32(2 * NAME.length())
                    .utf16(NAME)
                    .i32(seconds);
            one.complete(Outcome.done(ChangeNotify.Response.of(record.position()), new Payload.Bytes(record.buffer())));
        }
    }
}
