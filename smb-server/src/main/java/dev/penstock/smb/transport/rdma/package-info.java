/**
 * SMB over SMB Direct. A link belongs to the poller of its connection, on whose thread everything here runs that is not said to be for any
 * thread.
 */
package dev.penstock.smb.transport.rdma;
