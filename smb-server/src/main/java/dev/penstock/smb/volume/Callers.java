package dev.penstock.smb.volume;

import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.dtyp.Sid;
import java.util.Set;

/** The SIDs that a user of the store goes by. */
final class Callers {
    private final Sid process;

    /**
     * Starts with the account that the store runs as, which owns what all users make.
     *
     * @param uid its POSIX user id
     */
    Callers(int uid) {
        this.process = Sid.ofUser(uid);
    }

    /** The account that the store runs as: the owner of what is made through it. */
    Sid process() {
        return process;
    }

    /** The user's own SID, the account's, and the well-known ones of whoever is logged on over a network; nobody has the last ones only. */
    Set<Sid> sidsOf(User user) {
        return user.isAnonymous()
                ? Set.of(user.sid(), Sid.NETWORK)
                : Set.of(user.sid(), process, Sid.WORLD, Sid.NETWORK, Sid.AUTHENTICATED_USERS);
    }
}
