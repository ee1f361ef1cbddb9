package dev.penstock.rdma;

/** How a work request, or a connection, ended. */
public enum RdmaStatus {
    /** Done. */
    SUCCESS,
    /** The message was longer than the receive that it met. */
    LOCAL_LENGTH,
    /** The request named memory outside of its region, or of another protection domain. */
    LOCAL_PROTECTION,
    /** The connection ended before the request was done. */
    FLUSHED,
    /** The peer refused an access: key, bounds or rights. */
    REMOTE_ACCESS,
    /** The peer could not carry out the operation, for instance for want of a posted receive. */
    REMOTE_OPERATION,
    /** The peer broke the protocol, or said that we did. */
    PROTOCOL,
    /** A frame's checksum was wrong. */
    CHECKSUM,
    /** The peer refused the connection. */
    REJECTED,
    /** Nobody listens there, or there is no way to the address. */
    UNREACHABLE,
    /** The peer was too slow. */
    TIMEOUT,
    /** The connection broke. */
    CONNECTION_LOST,
    /** The peer ended the connection in good order. */
    DISCONNECTED,
    /** A limit of the device or of its configuration was met. */
    RESOURCES
}
