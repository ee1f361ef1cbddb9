/**
 * A share as a store: over TCP, or over SMB Direct, where the server places the bytes by RDMA into the memory that will use them. The SMB
 * client is smbj; what it does not have is here: SMB Direct as its transport, and READs and WRITEs that carry buffer descriptors
 * ([MS-SMB2] 2.2.19, 2.2.21).
 *
 * <p><b>Rails.</b> A store may have several ways to its share, over different cables: {@code Rails}. Each is a session of its own with its own handles
 * and registrations. A read goes by any of them, and by another one when the first is lost under it: by then the window that it was to be placed
 * through is closed. A file that is written stays with the connection that created it, and fails with that.
 *
 * <p><b>Threads.</b> Reads and writes run on a small pool of platform threads that the store owns: each has one request under way. All other
 * calls run on the caller's thread. Connections are made anew, and lost ones closed, by threads of their own. A rail's lock is held for a look
 * only, and no other is taken under it.
 */
package dev.penstock.cache.store.smb;
