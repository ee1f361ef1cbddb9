package dev.penstock.smb.command;

import dev.penstock.smb.wire.dtyp.Sid;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/**
 * Who is at the other end of a session, after authentication.
 *
 * @param name the account's name as it is written in the users file; empty for nobody
 */
public record User(String name) {
    /** The account's SID: the same for the same name on every machine and at any time. */
    public Sid sid() {
        if (isAnonymous()) {
            return Sid.ANONYMOUS;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(name.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
            var words = ByteBuffer.wrap(hash);
            return new Sid(5, 21, words.getInt(), words.getInt(), words.getInt(), 1000);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** True for nobody: somebody who gave up the name that the session was opened under. [MS-SMB2] 3.3.5.5.3 */
    public boolean isAnonymous() {
        return name.isEmpty();
    }
}
