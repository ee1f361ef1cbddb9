package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.Guid;

/** An interface that can be called over a pipe. One instance for each open of the pipe, on its connection's loop. */
interface RpcService {
    /** The interface's identifier. */
    Guid id();

    /** Its major version; minor ones are all 0. */
    int version();

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
