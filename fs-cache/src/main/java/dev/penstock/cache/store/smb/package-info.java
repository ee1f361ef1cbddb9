/**
 * A share as a store: over TCP, or over SMB Direct, where the server places the bytes by RDMA into the memory that will use them. The SMB
 * client is smbj; what it does not have is here: SMB Direct as its transport, and READs and WRITEs that carry buffer descriptors
 * ([MS-SMB2] 2.2.19, 2.2.21).
 *
 * <p><b>Rails.</b> A store may have several ways to its share, over different cables: {@code Rails}. They are named by a person, or by the server:
 * {@code RailChoice} takes those of its addresses that are in networks of this machine's. Each is a session of its own with its own handles and
 * registrations; all must lead to the same server. A request goes by any of them, and by another one when the first is lost under it: by then the
 * window that it was to be placed through is closed, and the session that was lost is ended on the server by {@code Successor}. A file that is
 * written fails only where no way is left that vouches for what the server has taken: {@code SmbNewFile}.
 *
 * <p><b>Threads.</b> Reads and writes run on a small pool of platform threads that the store owns: each has one request under way. All other
 * calls run on the caller's thread. Connections are made anew, and lost ones closed, by threads of their own. A rail's lock is held for a look
 * only, and no other is taken under it.
 */
package dev.penstock.cache.store.smb;
