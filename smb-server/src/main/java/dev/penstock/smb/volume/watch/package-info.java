/**
 * Who waits for changes of which folder. [MS-FSA] 2.1.5.11, [MS-SMB2] 3.3.5.19.
 *
 * <p><b>Threads.</b> {@link dev.penstock.smb.volume.watch.Watches} is thread-safe. Each {@link dev.penstock.smb.volume.watch.FolderWatch}
 * has a lock of its own, which is taken last: nothing else is locked under it, and promises are kept after it was released.
 */
package dev.penstock.smb.volume.watch;
