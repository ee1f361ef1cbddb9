/**
 * What clients may keep of a file: oplocks and leases, and how they are taken back. [MS-FSA] 2.1.4.12 and 2.1.5.18, [MS-SMB2] 3.3.4.6,
 * 3.3.4.7, 3.3.5.9.8, 3.3.5.9.11 and 3.3.5.22.
 *
 * <p>An oplock is told in the terms of a lease here: read, handle and write caching; it differs in belonging to one handle, and in going
 * down to level II or to nothing only.
 *
 * <p><b>Threads.</b> All that belongs to one file is guarded by the lock of its node, which the caller holds. Clients are told through
 * {@link dev.penstock.smb.command.Holder}, which never blocks. {@link dev.penstock.smb.volume.caching.Leases} is thread-safe, and asked
 * under the lock of a node or without any.
 */
package dev.penstock.smb.volume.caching;
