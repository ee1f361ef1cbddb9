package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.FileStat;

/**
 * What makes a file the same file, whatever its name.
 *
 * @param fork the folded name of a stream, which is opened, shared and locked like a file of its own; empty for the file itself
 */
record NodeKey(long device, long inode, String fork) {
    static NodeKey of(FileStat stat) {
        return new NodeKey(stat.device(), stat.inode(), "");
    }

    /** The key of a stream of this file, by its folded name. */
    NodeKey ofFork(String name) {
        return new NodeKey(device, inode, name);
    }
}
