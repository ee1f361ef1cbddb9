/**
 * SMB2 messages of [MS-SMB2] 2.2, both directions: one final class per command with its request and its response. Pure codecs without I/O
 * or state: any thread. Decoding copies names and control data out of the message, so that a record outlives the memory that it came from;
 * only {@link dev.penstock.smb.wire.Span}s point back into it.
 */
package dev.penstock.smb.wire.smb2;
