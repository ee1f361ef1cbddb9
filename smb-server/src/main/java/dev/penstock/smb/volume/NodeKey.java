package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileStat;

/** What makes a file the same file, whatever its name. */
record NodeKey(long device, long inode) {
    static NodeKey of(FileStat stat) {
        return new NodeKey(stat.device(), stat.inode());
    }
}
