package dev.penstock.smb.handler;

import dev.penstock.smb.wire.smb2.Command;

/** What the dispatcher has to check before a command's handler runs. One row per command. */
enum CommandTable {
    NEGOTIATE(Needs.NOTHING),
    SESSION_SETUP(Needs.NOTHING),
    LOGOFF(Needs.SESSION),
    TREE_CONNECT(Needs.SESSION),
    TREE_DISCONNECT(Needs.TREE),
    CREATE(Needs.TREE),
    CLOSE(Needs.FILE),
    FLUSH(Needs.FILE),
    READ(Needs.FILE),
    WRITE(Needs.FILE),
    LOCK(Needs.FILE),
    /** Some control codes come without a file: the handler looks for itself. */
    IOCTL(Needs.TREE),
    CANCEL(Needs.NOTHING),
    /** Works without a session too, and with one its signature counts. 3.3.5.17 */
    ECHO(Needs.NOTHING),
    QUERY_DIRECTORY(Needs.FILE),
    CHANGE_NOTIFY(Needs.FILE),
    QUERY_INFO(Needs.FILE),
    SET_INFO(Needs.FILE),
    /** A lease's acknowledgment names no file. */
    OPLOCK_BREAK(Needs.TREE);

    /** Each needs what those before it need. */
    enum Needs {
        NOTHING,
        SESSION,
        TREE,
        FILE
    }

    private static final CommandTable[] ROWS = values();

    private final Needs needs;

    CommandTable(Needs needs) {
        this.needs = needs;
    }

    static CommandTable of(Command command) {
        return ROWS[command.ordinal()];
    }

    boolean needs(Needs what) {
        return needs.compareTo(what) >= 0;
    }
}
