/**
 * What a disk share is made of: names, metadata, share modes, locks, and the data itself, on a folder of the local file system. The rules
 * are those of [MS-FSA].
 *
 * <p>What other programs do to the folder comes by a thread of each volume ({@link dev.penstock.smb.volume.HostFeed}), which takes the same locks
 * in the same order and waits for no client.
 *
 * <p>Called on the server's I/O threads. Each file that is open has one {@link dev.penstock.smb.volume.Node}, whatever the number of opens;
 * its lock guards the list of opens, the share modes, the mark for deletion and the byte-range locks. Lock order: a node's lock, then the
 * lock of a folder's name index or that of the watched folders. Two nodes are never locked at once, except a file's and then its folder's.
 */
package dev.penstock.smb.volume;
