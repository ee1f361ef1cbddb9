/**
 * Named pipes on IPC$: DCE/RPC (C706, [MS-RPCE]), with NTLM's own signing and sealing where a client wants that beside its session's, and the
 * interfaces that clients of a file server call: shares and server ([MS-SRVS], [MS-WKST]), names and SIDs ([MS-LSAT]), and polite refusals for
 * what there is not. Pipes belong to the loop of their connection; nothing here blocks.
 */
package dev.penstock.smb.rpc;
