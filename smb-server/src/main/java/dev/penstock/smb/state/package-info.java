/**
 * What a server remembers: sessions and their channels, trees, opens, handles that wait for their clients. [MS-SMB2] 3.3.1.
 *
 * <p><b>Threads.</b> {@link dev.penstock.smb.state.ConnectionState} and {@link dev.penstock.smb.state.Channel} belong to the loop of one
 * connection. A {@link dev.penstock.smb.state.Session} may be on several connections, and their loops may be different ones: it and all
 * that hangs on it ({@link dev.penstock.smb.state.OpenTable}, {@link dev.penstock.smb.state.OpenEntry}) is thread-safe, and looked up
 * without a lock, so that a READ takes none. {@link dev.penstock.smb.state.Sessions}, {@link dev.penstock.smb.state.Clients},
 * {@link dev.penstock.smb.state.Durables} and {@link dev.penstock.smb.state.ServerState} are shared by all.
 *
 * <p><b>Order of locks.</b> Each class here has at most one, which is taken after those of the volumes, holds no other, and is let go before
 * anything is called that is not of the class itself, but for alarms, which never block.
 */
package dev.penstock.smb.state;
