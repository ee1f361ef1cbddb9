/**
 * What a server remembers: sessions, trees, opens. [MS-SMB2] 3.3.1.
 *
 * <p><b>Threads.</b> {@link dev.penstock.smb.state.Session} and all that hangs on it belongs to the loop of its connection; there is no
 * multichannel yet, so that a session has one. {@link dev.penstock.smb.state.Sessions} and
 * {@link dev.penstock.smb.state.ServerState} are shared and thread-safe.
 */
package dev.penstock.smb.state;
