/**
 * What happens to a share's folder beside the server: by programs on its machine, by other servers on the same disk. Linux'
 * fanotify(7) tells of it, and which of it this process has done itself.
 *
 * <p><b>Own and foreign.</b> All that clients do through the server the kernel tells, too. Such an event says that it comes from this
 * process, to a process without privileges as well, and is dropped at once: there is no table of what is expected to come back, which a
 * lost or a doubled event could put out of step. The reverse of it: whatever else runs inside of this process and changes files in a share is
 * not told. The kernel makes one event of several that are alike as long as they are not read, never of a foreign and an own one.
 *
 * <p><b>inotify</b>, which the JDK's WatchService stands on, says nothing of who it was, and pairs the names of a rename only by luck. macOS
 * has neither; there, and in a container that forbids fanotify, {@link dev.penstock.smb.volume.host.HostWatcher.Absent} says why nothing
 * is told.
 *
 * <p><b>Threads.</b> Folders are watched and left by any thread. One thread of each volume waits for events. Nothing here locks.
 */
package dev.penstock.smb.volume.host;
