/**
 * The operating system's file calls, by the C library and FFM: everything is relative to an open folder, so that a name is resolved
 * component by component and no link is ever followed. POSIX.1-2017, statx(2) on Linux, stat(2) on macOS. Stateless; any thread may call,
 * and any call may block.
 */
package dev.penstock.smb.volume.posix;
