package dev.penstock.smb.volume.posix;

/**
 * What the file system says of one file. Times are FILETIMEs, 100 ns since 1601-01-01 UTC, which reach
 * further than nanoseconds in 64 bits do.
 *
 * @param mode type and permission bits
 * @param size length in bytes
 * @param allocated bytes that the file system has set aside
 * @param birth time of creation; the earliest of the other times where the file system keeps none
 * @param born whether the file system keeps the time of creation
 */
public record FileStat(
        long device,
        long inode,
        int mode,
        int links,
        int uid,
        int gid,
        long size,
        long allocated,
        long accessed,
        long modified,
        long changed,
        long birth,
        boolean born) {
    private static final int TYPE_MASK = 0170000;

    /** Whether it is a folder. */
    public boolean isFolder() {
        return (mode & TYPE_MASK) == 0040000;
    }

    /** Whether it is an ordinary file. */
    public boolean isFile() {
        return (mode & TYPE_MASK) == 0100000;
    }

    /** Whether it is a symbolic link. */
    public boolean isLink() {
        return (mode & TYPE_MASK) == 0120000;
    }
}
