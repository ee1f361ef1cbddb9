package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.Guid;

/** An interface that can be called over a pipe. One instance for each open of the pipe, on its connection's loop. */
interface RpcService {
    /** Which interface it is. */
    Syntax syntax();

    /**
     * What a bind names an interface by. C706 12.4, p_syntax_id_t.
     *
     * @param version the major one; minor ones are all 0
     */
    record Syntax(Guid id, int version) {
        static Syntax of(String id, int version) {
            return new Syntax(Guid.of(id), version);
        }
    }

    /**
     * Runs a call.
     *
     * @return the results; nothing where there is no such operation
     * @throws MalformedMessage where the parameters cannot be read
     * @throws UnknownHandle where a handle is not of this open
     */
    Blob call(int operation, NdrReader in) throws MalformedMessage, UnknownHandle;

    /** A context handle that was not given out, or was closed. */
    final class UnknownHandle extends Exception {
        private static final long serialVersionUID = 1;

        UnknownHandle() {
            super("context handle", null, false, false);
        }
    }
}
