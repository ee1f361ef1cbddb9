package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;

/** What machine this is. [MS-WKST] 3.2.4.1. */
final class Wkssvc implements RpcService {
    static final int PLATFORM_ID_NT = 500;

    /** The version of Windows that clients take the server for. */
    static final int MAJOR = 10;

    static final int MINOR = 0;

    private static final Syntax SYNTAX = Syntax.of("6bffd098-a112-3610-9833-46c3f87e345a", 1);
    private static final int NETR_WKSTA_GET_INFO = 0;

    private final String serverName;

    Wkssvc(String serverName) {
        this.serverName = serverName;
    }

    @Override
    public Syntax syntax() {
        return SYNTAX;
    }

    @Override
    public Blob call(int operation, NdrReader in) throws MalformedMessage {
        if (operation != NETR_WKSTA_GET_INFO) {
            return Blob.EMPTY;
        }
        in.uniqueString();
        int level = in.u32();
        var out = new NdrWriter().u32(level);
        if (level < 100 || level > 102) {
            return out.none().u32(Win32.ERROR_INVALID_LEVEL).toBlob();
        }
        out.pointer().u32(PLATFORM_ID_NT).pointer().pointer().u32(MAJOR).u32(MINOR);
        if (level > 100) {
            out.pointer(); // lanroot
        }
        if (level > 101) {
            out.u32(0); // logged_on_users: nobody that a client may know of
        }
        out.string(serverName).string(Accounts.WORKGROUP);
        if (level > 100) {
            out.string("");
        }
        return out.u32(Win32.SUCCESS).toBlob();
    }
}
