/**
 * A client that behaves like Apple's smbfs, and the scenarios of its users. Written from what that client does on the wire: what it asks
 * for, in which order, and what it does not forgive. It parses the answers by itself wherever Apple's does so more strictly than
 * [MS-SMB2] demands; for all else it uses the codecs of the project, both ways.
 *
 * <p>{@link dev.penstock.smb.macclient.MacWire} is one TCP connection, {@link dev.penstock.smb.macclient.MacSession} a session over one or
 * more of them, {@link dev.penstock.smb.macclient.Mac} a mounted share in terms of the file calls that macOS makes of it. A wire has a
 * thread that reads; everything else runs on the caller's.
 */
package dev.penstock.smb.macclient;
