/**
 * SMB over TCP ([MS-SMB2] 2.1): a four-byte length before each message, on Netty, which appears nowhere else. A channel and all that
 * hangs on it belongs to its event loop.
 */
package dev.penstock.smb.transport.tcp;
