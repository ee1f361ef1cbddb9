package dev.penstock.rdma;

/** What may be done to registered memory, beside being read locally. */
public enum Access {
    /** Receives and the results of RDMA READs may be placed in it. */
    LOCAL_WRITE,
    /** The peer may read it. */
    REMOTE_READ,
    /** The peer may write it. */
    REMOTE_WRITE
}
