package dev.penstock.smb.wire.smb2;

import org.jspecify.annotations.Nullable;

/** Command codes, in the order of their values. [MS-SMB2] 2.2.1.2. */
public enum Command {
    NEGOTIATE,
    SESSION_SETUP,
    LOGOFF,
    TREE_CONNECT,
    TREE_DISCONNECT,
    CREATE,
    CLOSE,
    FLUSH,
    READ,
    WRITE,
    LOCK,
    IOCTL,
    CANCEL,
    ECHO,
    QUERY_DIRECTORY,
    CHANGE_NOTIFY,
    QUERY_INFO,
    SET_INFO,
    OPLOCK_BREAK;

    private static final Command[] ALL = values();

    /** The command of a code; null for a code that is not defined. */
    public static @Nullable Command of(int code) {
        return code >= 0 && code < ALL.length ? ALL[code] : null;
    }

    /** The code on the wire. */
    public int code() {
        return ordinal();
    }
}
