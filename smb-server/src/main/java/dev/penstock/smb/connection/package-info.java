/**
 * One connection's duty: open what is encrypted, check signatures and the sequence window, run the members of a compound one after the
 * other, grant credits, and put answers together, signed or encrypted. [MS-SMB2] 3.3.5.2, 3.3.4.1.
 *
 * <p><b>Threads.</b> A connection is touched on the loop that owns its link, and nowhere else; nothing here is locked.
 */
package dev.penstock.smb.connection;
