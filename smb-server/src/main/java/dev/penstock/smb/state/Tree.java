package dev.penstock.smb.state;

import dev.penstock.smb.command.Share;
import dev.penstock.smb.wire.smb2.TreeConnect;

/** A session's connection to a share. [MS-SMB2] 3.3.1.9. Immutable, and equal only to itself. */
public final class Tree {
    private final int id;
    private final Share share;

    /** A tree under an id that its session does not use yet. */
    public Tree(int id, Share share) {
        this.id = id;
        this.share = share;
    }

    /** TreeId on the wire. */
    public int id() {
        return id;
    }

    /** What it leads to. */
    public Share share() {
        return share;
    }

    /** True where requests that are not encrypted are refused. */
    public boolean encrypts() {
        return (share.flags() & TreeConnect.FLAG_ENCRYPT_DATA) != 0;
    }
}
