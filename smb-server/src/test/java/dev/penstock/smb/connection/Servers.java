package dev.penstock.smb.connection;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.auth.FailureDelay;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.metrics.Counters;
import dev.penstock.smb.state.Clients;
import dev.penstock.smb.state.Durables;
import dev.penstock.smb.state.Listening;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.wire.dtyp.Guid;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** Servers without threads, for tests of connections. */
final class Servers {
    private Servers() {}

    /** One that insists on signing and has no shares; whatever it does, it does on the caller's thread. */
    static ServerState withoutShares(UserStore users) {
        return new ServerState(
                "SERVER",
                Guid.ZERO,
                new ServerState.Policy(true, false, 1 << 20),
                users,
                new FailureDelay(),
                Map.of(),
                new Sessions(),
                new Clients(),
                new Durables(Alarms.NEVER, Runnable::run),
                new SlabPool(List.of(new SlabPool.SizeClass(4096, 2))),
                Runnable::run,
                Alarms.NEVER,
                new Listening(),
                new Counters(),
                InstantSource.system());
    }
}
