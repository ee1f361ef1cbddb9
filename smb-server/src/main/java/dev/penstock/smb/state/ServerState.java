package dev.penstock.smb.state;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.auth.FailureDelay;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.metrics.Counters;
import dev.penstock.smb.wire.dtyp.Guid;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * What all connections of a server share. A value of thread-safe things.
 *
 * @param name the server's own, for NTLM and srvsvc
 * @param shares by their names in upper case
 * @param io threads that may block
 * @param alarms what is to be done later, on those threads
 * @param listening filled as soon as the server listens
 */
public record ServerState(
        String name,
        Guid guid,
        Policy policy,
        UserStore users,
        FailureDelay failureDelay,
        Map<String, Share> shares,
        Sessions sessions,
        Clients clients,
        Durables durables,
        SlabPool slabs,
        Executor io,
        Alarms alarms,
        Listening listening,
        Counters counters,
        InstantSource clock) {
    /**
     * What the server insists on.
     *
     * @param signingRequired everything is signed or encrypted
     * @param encrypt everything is encrypted
     * @param maxTransact most bytes of one READ, WRITE or other request
     */
    public record Policy(boolean signingRequired, boolean encrypt, int maxTransact) {}
}
