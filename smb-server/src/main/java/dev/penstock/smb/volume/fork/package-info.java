/**
 * What a file has beside its data: named streams and extended attributes, of any size, on a file system that holds about 4 KiB of them.
 * [MS-FSCC] 2.1.5.3 and 2.4.16.
 *
 * <p>A short stream is the value of an extended attribute of its file. A longer one is a file of its own, the <i>sidecar</i>, in a hidden
 * folder {@code .penstock} beside the file it belongs to (a folder's own are in the folder itself), under a random name of 128 bits; the
 * extended attribute then holds that name. Why there and so:
 *
 * <ul>
 *   <li>A file that is renamed where it is keeps everything, whoever renames it: its name is nowhere in it.
 *   <li>A folder that is moved, or copied by a tool that keeps extended attributes ({@code cp -a}, {@code rsync -aX}, {@code tar
 *       --xattrs}), takes its sidecars along, since they are in it. Without extended attributes nothing is kept that is not data.
 *   <li>A single file copied that way <i>within its folder</i> shares its sidecars with the copy. Before such a sidecar is written or
 *       removed, the folder is searched for others that point to it; then the writer gets a copy of its own, and nothing is removed.
 *   <li>A single file moved or copied <i>to another folder</i> by anything but this server leaves its sidecars behind. They are not lost,
 *       but are not found either: opening such a stream says so, and so does the log.
 * </ul>
 *
 * <p>Order of steps: a sidecar is written before the attribute that points to it, and the attribute is removed before the sidecar. A file
 * that moves to another folder gets a second link to its sidecars there first. So whatever is interrupted leaves at worst a sidecar to
 * which nothing points, never an attribute that points to nothing.
 *
 * <p>A {@link dev.penstock.smb.volume.fork.Fork} has a lock of its own, the last to be taken. Calls block.
 */
package dev.penstock.smb.volume.fork;
