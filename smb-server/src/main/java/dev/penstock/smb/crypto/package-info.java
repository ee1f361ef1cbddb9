/**
 * Signing, encryption and key derivation of [MS-SMB2] 3.1.4, on the JDK's own ciphers, whose inner loops are intrinsics. Objects here hold
 * cipher instances and scratch memory: each belongs to one thread at a time, mostly the loop that owns the session's connection.
 */
package dev.penstock.smb.crypto;
