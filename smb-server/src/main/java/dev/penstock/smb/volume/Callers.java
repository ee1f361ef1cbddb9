package dev.penstock.smb.volume;

import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.dtyp.Sid;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
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

    /** The user's own SID, the account's, and the well-known ones of whoever is logged on over a network. */
    Set<Sid> sidsOf(User user) {
        return Set.of(own(user), process, Sid.WORLD, Sid.NETWORK, Sid.AUTHENTICATED_USERS);
    }

    /** The same for the same name on every machine and at any time. */
    private static Sid own(User user) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(user.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
            var words = ByteBuffer.wrap(hash);
            return new Sid(5, 21, words.getInt(), words.getInt(), words.getInt(), 1000);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
