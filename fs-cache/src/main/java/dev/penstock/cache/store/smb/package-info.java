/**
 * A share as a store: over TCP, or over SMB Direct, where the server places the bytes by RDMA into the memory that will use them. The SMB
 * client is smbj; what it does not have is here: SMB Direct as its transport, and READs and WRITEs that carry buffer descriptors
 * ([MS-SMB2] 2.2.19, 2.2.21).
 *
 * <p><b>Threads.</b> Reads and writes run on a small pool of platform threads that the store owns: each has one request under way. All other
 * calls run on the caller's thread. No locks.
 */
package dev.penstock.cache.store.smb;
