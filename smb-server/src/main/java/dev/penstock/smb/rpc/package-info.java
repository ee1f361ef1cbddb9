/**
 * Named pipes on IPC$: DCE/RPC (C706, [MS-RPCE]) and as much of srvsvc ([MS-SRVS]) as clients need to list shares. Pipes belong to the loop
 * of their connection; nothing here blocks.
 */
package dev.penstock.smb.rpc;
