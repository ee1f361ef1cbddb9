package dev.penstock.smb.command;

import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.TreeConnect;

/** Something that a client can connect to. Thread-safe. */
public interface Share {
    /** What kind of share it is. */
    enum Type {
        /** Files. */
        DISK(TreeConnect.TYPE_DISK),
        /** Named pipes: IPC$. */
        PIPE(TreeConnect.TYPE_PIPE);

        private final int wire;

        Type(int wire) {
            this.wire = wire;
        }

        /** Value of ShareType. */
        public int wire() {
            return wire;
        }
    }

    /** The name that clients connect by, compared without case. */
    String name();

    /** What kind of share it is. */
    Type type();

    /** A line for people, shown when shares are listed. */
    default String comment() {
        return "";
    }

    /** ShareFlags of TREE_CONNECT. {@link TreeConnect#FLAG_ENCRYPT_DATA} makes the dispatcher refuse what is not encrypted. */
    default int flags() {
        return TreeConnect.FLAG_NO_CACHING;
    }

    /** Capabilities of TREE_CONNECT. */
    default int capabilities() {
        return 0;
    }

    /** What this user may do on the share at most, as an access mask; 0 refuses the connection. */
    int maximalAccess(User user);

    /** True where {@link #create} never blocks: then it is called on the connection's own loop. */
    default boolean inline() {
        return false;
    }

    /**
     * CREATE: {@link Outcome.Opened}, {@link Outcome.Failed} or {@link Outcome.Pending}. May block unless {@link #inline}. Oplocks and
     * leases may be asked for and need not be given; contexts that are not known are ignored.
     */
    Outcome create(RequestContext context, Create.Request request);

    /** OPLOCK_BREAK for a lease that the client was asked to give up. */
    default Outcome acknowledgeLease(RequestContext context, LeaseBreak.Acknowledgment request) {
        return Outcome.failed(NtStatus.OBJECT_NAME_NOT_FOUND);
    }
}
